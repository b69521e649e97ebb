//===- Passes.td - To tiles of tensor cores and below ----------*- tablegen -*-===//
#ifndef ATTN_CONVERSION_TILE_PASSES_TD
#define ATTN_CONVERSION_TILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertAttnToTile : Pass<"convert-attn-to-tile", "ModuleOp"> {
  let summary = "Tile attention for tensor cores";
  let description = [{
    Precondition: a module for a GPU. Effect: each `attn.attention` that tensor cores suit is tiled as `attn-tile` does it, and
    the body of its loop is one `attn_tile.stream`: the loops over key tiles become its `visits`, without the state. Its schedule is the tiling
    policy's choice, but for what the options say; one that cannot be is an error. Declined, with a remark, and left
    as it is: types other than f16 and bf16, head sizes above 256, and what `attn-tile` declines.

    ```mlir
    module attributes {attn.target = #attn.gpu} {
      func.func @attention(%q: tensor<1x4x?x64xbf16>, %k: tensor<1x2x?x64xbf16>) -> tensor<1x4x?x64xbf16> {
        %o = attn.attention %q, %k, %k
          : tensor<1x4x?x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16> -> tensor<1x4x?x64xbf16>
        return %o : tensor<1x4x?x64xbf16>
      }
    }
    ```

    becomes

    ```
    scf.forall (%b, %h, %i) in (1, 4, %tiles) shared_outs(%o = ...) {
      %r = attn_tile.stream %query, %k[%b, %g], %k into %out scale 0.125 schedule <rows = 64, keys = 64, stages = 2, query = registers>
        visits {
          scf.for %j = %c0 to %keys step %c64 { attn_tile.visit %j, %count }
        } score {} mask {} : ...
      scf.forall.in_parallel { tensor.parallel_insert_slice %r into %o[...] }
    }
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "bufferization::BufferizationDialect", "cf::ControlFlowDialect", "gpu::GPUDialect", 
                           "linalg::LinalgDialect", "math::MathDialect", "scf::SCFDialect", "tensor::TensorDialect", "attn::tile::AttnTileDialect"];
  let options = [
    Option<"rows", "rows", "int64_t", "0", "Queries of a block of threads, 16 for each consuming warp">,
    Option<"keys", "keys", "int64_t", "0", "Keys of a tile">,
    Option<"stages", "stages", "int64_t", "0", "Tiles of keys in shared memory">,
    Option<"query", "query", "std::string", [{""}], "Where queries are: registers or shared">
  ];
}

def LaunchStreams : Pass<"attn-launch-streams", "ModuleOp"> {
  let summary = "Launch a kernel of specialized warps for each loop around a stream";
  let description = [{
    Precondition: memrefs. Effect: each `scf.forall` around an `attn_tile.stream` becomes a `gpu.launch` of a block for each iteration, whose last warp
    produces and whose other warps, 16 rows each, consume.

    ```
    scf.forall (%i) in (%tiles) { attn_tile.stream %q, %k[%b, %h], %v into %o ... }
    ```

    becomes

    ```
    gpu.launch blocks(...) in (%tiles) threads(...) in (160) {
      %ring = attn_tile.make_ring 4 at 0
      attn_tile.specialize 4 producer {
        scf.for %j ... { attn_tile.publish %ring, %k, %v[%b, %h, %j], %count }
        attn_tile.finish %ring
      } consumer {
        %a = attn_tile.load %q
        %end:4 = scf.while (%n, %acc, %max, %sum) { attn_tile.receive %ring[%n] ... } do {
          %s = attn_tile.mma %a, %keys into %zero transposed atom mma_sync
          ...                                            // scale, score, mask, exp
          attn_tile.mma %p, %values into %acc atom mma_sync
          attn_tile.release %ring[%n]
        }
        attn_tile.store %acc, %o
      }
    }
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "gpu::GPUDialect", "math::MathDialect", "memref::MemRefDialect",
                           "scf::SCFDialect", "attn::tile::AttnTileDialect"];
}

def ConvertTileToNVVM : Pass<"convert-tile-to-nvvm", "ModuleOp"> {
  let summary = "Lower tiles to what each lane does";
  let description = [{
    Precondition: functions that are kernels. Effect: no op of `attn_tile` is left. An acc is an f32 for each element that a lane holds, a fragment an
    i32 for each pair; a ring is an array in shared memory with two mbarriers for each stage.

    ```
    %d = attn_tile.mma %a, %b into %c atom mma_sync : ...
    ```

    becomes, for each 16 products and 16 columns,

    ```
    %b0 = nvvm.ldmatrix %address {layout = #nvvm.mma_layout<col>, num = 4}
    %d0 = nvvm.mma.sync A[%a0, %a1, %a2, %a3] B[%b00, %b01] C[%c0, %c1, %c2, %c3]
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect", "memref::MemRefDialect", "NVVM::NVVMDialect", "scf::SCFDialect",
                           "vector::VectorDialect"];
}

#endif // ATTN_CONVERSION_TILE_PASSES_TD
