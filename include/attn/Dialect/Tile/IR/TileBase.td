//===- TileBase.td - The tile dialect and its types -----------*- tablegen -*-===//
#ifndef ATTN_DIALECT_TILE_IR_TILEBASE
#define ATTN_DIALECT_TILE_IR_TILEBASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def AttnTile_Dialect : Dialect {
  let name = "attn_tile";
  let cppNamespace = "::mlir::attn::tile";
  let summary = "Tiles of attention on the tensor cores of a GPU";
  let description = [{
    What one block of threads does with one tile of queries. Warps that consume hold accumulators, each 16 rows of them; one
    more warp, the producer, walks the loops over key tiles and fills a ring of tiles in shared memory. Values are
    distributed over lanes as the instruction that an `atom` names has them; nothing here says how. `attn_tile.stream` is
    the whole of it, on tensors and on memrefs; the other ops are what it becomes inside of a kernel.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class AttnTile_Op<string mnemonic, list<Trait> traits = []> : Op<AttnTile_Dialect, mnemonic, traits>;

class AttnTile_Type<string name, string typeMnemonic> : TypeDef<AttnTile_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def AttnTile_QueryPlace : I32EnumAttr<"QueryPlace", "where queries wait for the next keys", [
      I32EnumAttrCase<"Registers", 0, "registers">,
      I32EnumAttrCase<"Shared", 1, "shared"> // read again for each tile of keys
    ]> {
  let cppNamespace = "::mlir::attn::tile";
  let genSpecializedAttr = 0;
}

def AttnTile_Schedule : AttrDef<AttnTile_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "How a block of threads goes over its tiles";
  let description = [{
    A block has `rows` queries, 16 for each consuming warp, and one warp more, which produces. It holds `stages` tiles of `keys` keys
    and values in shared memory; `query` says where its queries are.

    Example:

    ```mlir
    module attributes {attn_tile.example = #attn_tile.schedule<rows = 64, keys = 32, stages = 2, query = registers>} {
    }
    ```
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$keys, "int64_t":$stages, EnumParameter<AttnTile_QueryPlace>:$query);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Warps that consume.
    int64_t getConsumers() const { return getRows() / 16; }
    bool isQueryShared() const { return getQuery() == QueryPlace::Shared; }
  }];
}

def AttnTile_Acc : AttnTile_Type<"Acc", "acc"> {
  let summary = "Accumulators of f32 in registers";
  let description = [{
    `acc<RxN>`: R rows, 16 in each consuming warp, of N columns, a multiple of 8. With the atom `mma_sync` a lane l holds of
    its warp's rows `l / 4` and `l / 4 + 8`, and of each 8 columns those at `2 * (l % 4)` and behind.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns);
  let assemblyFormat = "`<` custom<Dimensions>($rows, $columns) `>`";
  let genVerifyDecl = 1;
}

def AttnTile_Rows : AttnTile_Type<"Rows", "rows"> {
  let summary = "An f32 for each row of an acc";
  let description = "`rows<R>`: the four lanes that share a row all hold its number.";
  let parameters = (ins "int64_t":$rows);
  let assemblyFormat = "`<` $rows `>`";
}

def AttnTile_Fragment : AttnTile_Type<"Fragment", "afrag"> {
  let summary = "The left operand of a product, in registers";
  let description = "`afrag<RxKxT>`: R rows, 16 in each consuming warp, of K elements of f16 or bf16, K a multiple of 16.";
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$element);
  let assemblyFormat = "`<` custom<Shape>($rows, $columns, $element) `>`";
  let genVerifyDecl = 1;
}

def AttnTile_Tile : AttnTile_Type<"Tile", "tile"> {
  let summary = "A tile in shared memory";
  let description = [{
    `tile<RxCxT>`: R rows, a multiple of 16, of C elements of f16 or bf16, a multiple of 16. Rows lie 16 bytes further apart than
    they are long, so that eight neighbors touch all banks.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns, "::mlir::Type":$element);
  let assemblyFormat = "`<` custom<Shape>($rows, $columns, $element) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Elements from one row to the next.
    int64_t getStride() const { return getColumns() + 8; }
    int64_t getBytes() const { return getRows() * getStride() * 2; }
  }];
}

def AttnTile_Ring : AttnTile_Type<"Ring", "ring"> {
  let summary = "Stages of shared memory, each with a tile of keys and one of values";
  let description = [{
    `ring<tile, tile, stages>`: beside each stage lies a message: its first key, how many keys it has, and its class, which is END,
    FULL (all of the tile attends) or PARTIAL (the mask decides); EMPTY tiles are not published.
  }];
  let parameters = (ins "::mlir::attn::tile::TileType":$key, "::mlir::attn::tile::TileType":$value, "int64_t":$stages);
  let assemblyFormat = "`<` qualified($key) `,` qualified($value) `,` $stages `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// For each stage two barriers of 8 bytes and a message of 16, then the tiles, whose rows ldmatrix wants at multiples of 16 bytes.
    int64_t getTilesOffset() const { return 32 * getStages(); }
    int64_t getStageBytes() const { return getKey().getBytes() + getValue().getBytes(); }
    int64_t getBytes() const { return getTilesOffset() + getStages() * getStageBytes(); }
  }];
}

#endif // ATTN_DIALECT_TILE_IR_TILEBASE
