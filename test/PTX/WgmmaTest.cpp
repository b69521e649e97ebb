//===- WgmmaTest.cpp - Matrices in shared memory, for wgmma ---------------===//
//
// Shared memory is filled by the canonical layouts that the PTX ISA draws:
// core matrices of eight rows of 16 bytes; with a swizzle, eight rows of 32,
// 64 or 128 bytes whose 16-byte units trade places by their row.
//
//===----------------------------------------------------------------------===//

#include "Running.h"

namespace attn::ptx {

namespace {

// Copies the image of shared memory, multiplies STEPS times, stores D.
const char *const kernel = R"(.version 8.0
.target sm_90a
.address_size 64
.extern .shared .align 1024 .b8 dynamic[];
.visible .entry k(.param .u64 image, .param .u32 bytes, .param .u64 da, .param .u64 db,
                  .param .u64 sa, .param .u64 sb, .param .u64 pa, .param .u64 pd) {
.reg .pred %q<2>; .reg .b32 %r<9>; .reg .b32 %a<4>; .reg .b64 %p<12>; .reg .b32 %d<128>;
mov.u32 %r0, %tid.x; ld.param.u64 %p0, [image]; ld.param.u32 %r1, [bytes];
mov.u64 %p1, dynamic; shl.b32 %r2, %r0, 4;
copy: setp.ge.u32 %q0, %r2, %r1; @%q0 bra copied;
cvt.u64.u32 %p2, %r2; add.s64 %p3, %p0, %p2; add.s64 %p4, %p1, %p2;
ld.global.v4.b32 {%r3, %r4, %r5, %r6}, [%p3]; st.shared.v4.b32 [%p4], {%r3, %r4, %r5, %r6};
add.s32 %r2, %r2, 2048; bra copy;
copied: fence.proxy.async.shared::cta; bar.sync 0;
ld.param.u64 %p5, [da]; ld.param.u64 %p6, [db]; shr.u64 %p7, %p1, 4;
add.s64 %p5, %p5, %p7; add.s64 %p6, %p6, %p7; ld.param.u64 %p8, [sa]; ld.param.u64 %p9, [sb];
ld.param.u64 %p10, [pa]; mul.wide.u32 %p2, %r0, 16; add.s64 %p10, %p10, %p2;
ld.global.v4.b32 {%a0, %a1, %a2, %a3}, [%p10];
wgmma.fence.sync.aligned; mov.b32 %r7, 0;
again: setp.ne.s32 %q1, %r7, 0;
wgmma.mma_async.sync.aligned.SHAPE.TYPES DS, AS, %p6, %q1, 1, 1 TRANSPOSED;
add.s64 %p5, %p5, %p8; add.s64 %p6, %p6, %p9; add.s32 %r7, %r7, 1;
wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;
setp.lt.s32 %q0, %r7, STEPS; @%q0 bra again;
ld.param.u64 %p11, [pd]; mul.wide.u32 %p2, %r0, COUNT4; add.s64 %p11, %p11, %p2;
STORES
ret; }
)";

/// A matrix in shared memory: rows of M or N, along K.
struct Layout {
  unsigned swizzle = 0; // 0, 32, 64 or 128
  bool transposed = false;
};

class Image {
public:
  Image(Layout layout, DType type, unsigned rows, unsigned depth)
      : layout(layout), type(type), rows(rows), depth(depth) {}

  unsigned bytes() const { return rows * depth * byteSize(type); }
  unsigned unit() const { return 16 / byteSize(type); } // elements together
  /// Elements of a row of the pattern.
  unsigned span() const { return layout.swizzle / byteSize(type); }

  /// The units of a row trade places: for 128 bytes by the row's number of
  /// eight, for 64 by that of two rows, for 32 by that of four.
  unsigned swizzled(unsigned row, unsigned place) const {
    unsigned by = layout.swizzle == 128  ? row % 8
                  : layout.swizzle == 64 ? row / 2 % 4
                                         : row / 4 % 2;
    return place ^ by;
  }
  /// Where an element lies.
  unsigned offset(unsigned row, unsigned k) const {
    // What lies along the fast dimension, and what across.
    unsigned along = layout.transposed ? row : k,
             across = layout.transposed ? k : row;
    unsigned inUnit = along % unit() * byteSize(type);
    if (!layout.swizzle) { // core matrices, K by K (or row by row) of them
      unsigned cores = (layout.transposed ? depth : rows) / 8;
      return (along / unit() * cores + across / 8) * 128 + across % 8 * 16 +
             inUnit;
    }
    unsigned tile = along / span(), place = along % span() / unit();
    unsigned tileBytes = (layout.transposed ? depth : rows) * layout.swizzle;
    return tile * tileBytes + across * layout.swizzle +
           swizzled(across, place) * 16 + inUnit;
  }
  /// Start 0; leading and stride offsets; the swizzle's number.
  uint64_t descriptor() const {
    unsigned leading, stride;
    unsigned across = layout.transposed ? depth : rows;
    if (!layout.swizzle) {
      // By K, `leading` goes to the next unit of K and `stride` to the next
      // eight rows; transposed, the other way around.
      unsigned nextUnit = across / 8 * 128;
      leading = layout.transposed ? 128 : nextUnit;
      stride = layout.transposed ? nextUnit : 128;
    } else {
      leading = layout.transposed ? across * layout.swizzle : 0;
      stride = 8 * layout.swizzle;
    }
    uint64_t number = layout.swizzle == 128  ? 1
                      : layout.swizzle == 64 ? 2
                      : layout.swizzle == 32 ? 3
                                             : 0;
    return uint64_t(leading >> 4) << 16 | uint64_t(stride >> 4) << 32 |
           number << 62;
  }
  /// From one step of K to the next, in units of 16 bytes; the start of a
  /// step must not lie inside a pattern that is shorter.
  uint64_t step(unsigned stepDepth) const {
    return (layout.transposed && layout.swizzle ? stepDepth * layout.swizzle
                                                : offset(0, stepDepth)) >>
           4;
  }

private:
  Layout layout;
  DType type;
  unsigned rows, depth;
};

struct Case {
  const char *name, *types;
  DType type;
  unsigned columns, steps;
  Layout a, b;
  bool inRegisters = false;
  DType accumulator = DType::f32;
};

class WgmmaTest : public testing::TestWithParam<Case> {
protected:
  static constexpr unsigned rows = 64;

  void SetUp() override {
    stepDepth = 32 / byteSize(test.type);
    depth = stepDepth * test.steps;
    a = drawNumbers(rows * depth, 1);
    b = drawNumbers(test.columns * depth, 2);
  }
  unsigned registers() const {
    return test.columns / 2 * byteSize(test.accumulator) / 4;
  }
  std::string text() const {
    std::string stores;
    for (unsigned n = 0; n < registers(); ++n)
      stores += "st.global.b32 [%p11+" + std::to_string(4 * n) + "], %d" +
                std::to_string(n) + ";\n";
    std::string transposed;
    if (test.type != DType::f32) {
      if (!test.inRegisters)
        transposed += test.a.transposed ? ", 1" : ", 0";
      transposed += test.b.transposed ? ", 1" : ", 0";
    }
    std::string text = replaceAll(kernel, "SHAPE",
                                  "m64n" + std::to_string(test.columns) + "k" +
                                      std::to_string(stepDepth));
    text = replaceAll(text, "TYPES", test.types);
    text = replaceAll(text, "TRANSPOSED", transposed);
    text = replaceAll(text, "STEPS", std::to_string(test.steps));
    text = replaceAll(text, "STORES", stores);
    text = replaceAll(text, "COUNT4", std::to_string(4 * registers()));
    text = replaceAll(text, "DS", registerList("d", registers()));
    return replaceAll(text, "AS",
                      test.inRegisters ? registerList("a", 4) : "%p5");
  }
  /// A in registers: as mma.sync's, 16 rows in each warp.
  void fillRegisters(Buffer &buffer) const {
    for (unsigned thread = 0; thread < 128; ++thread)
      for (unsigned i = 0; i < 8; ++i) {
        unsigned lane = thread % 32;
        unsigned row = thread / 32 * 16 + lane / 4 + (i / 2 % 2) * 8;
        unsigned k = lane % 4 * 2 + i % 2 + i / 4 * 8;
        encode(test.type, a[row * depth + k],
               buffer.bytes + 16 * thread + 2 * i);
      }
  }
  double expected(unsigned row, unsigned column) const {
    double sum = 0;
    for (unsigned k = 0; k < depth; ++k)
      sum += a[row * depth + k] * b[column * depth + k];
    return roundTo(test.accumulator, sum);
  }

  Case test = GetParam();
  unsigned stepDepth = 0, depth = 0;
  std::vector<double> a, b;
};

TEST_P(WgmmaTest, MultipliesCanonicalLayouts) {
  Image imageA(test.a, test.type, rows, depth),
      imageB(test.b, test.type, test.columns, depth);
  unsigned startB = (imageA.bytes() + 1023) / 1024 * 1024;
  unsigned size = startB + imageB.bytes();
  Memory memory;
  Buffer image(memory, size), inRegisters(memory, 2048),
      result(memory, 128 * registers() * 4);
  for (unsigned k = 0; k < depth; ++k) {
    for (unsigned row = 0; row < rows; ++row)
      encode(test.type, a[row * depth + k],
             image.bytes + imageA.offset(row, k));
    for (unsigned row = 0; row < test.columns; ++row)
      encode(test.type, b[row * depth + k],
             image.bytes + startB + imageB.offset(row, k));
  }
  if (test.inRegisters)
    fillRegisters(inRegisters);
  Module module(text(), memory);
  Arguments arguments;
  arguments.add(image.address).add(size);
  arguments.add(imageA.descriptor()).add(imageB.descriptor() + (startB >> 4));
  arguments.add(imageA.step(stepDepth)).add(imageB.step(stepDepth));
  arguments.add(inRegisters.address).add(result.address);
  LaunchOptions options;
  options.order = Order::Lazy;
  launch(*module.findKernel("k"), memory, {}, {128, 1, 1}, size,
         arguments.bytes, options);
  // d_i of a thread: 16 rows in each warp, groups of eight columns.
  for (unsigned thread = 0; thread < 128; ++thread)
    for (unsigned i = 0; i < test.columns / 2; ++i) {
      unsigned lane = thread % 32;
      unsigned row = thread / 32 * 16 + lane / 4 + (i / 2 % 2) * 8;
      unsigned column = i / 4 * 8 + lane % 4 * 2 + i % 2;
      ASSERT_EQ(decode(test.accumulator, result.bytes +
                                             4 * thread * registers() +
                                             i * byteSize(test.accumulator)),
                expected(row, column))
          << "row " << row << ", column " << column;
    }
}

constexpr Layout plain{0, false}, plainT{0, true}, swizzle32{32, false},
    swizzle32T{32, true}, swizzle64{64, false}, swizzle64T{64, true},
    swizzle128{128, false}, swizzle128T{128, true};
const char *const bf16 = "f32.bf16.bf16", *const f16 = "f32.f16.f16";

INSTANTIATE_TEST_SUITE_P(
    Layouts, WgmmaTest,
    testing::Values(
        Case{"plain", bf16, DType::bf16, 24, 1, plain, plain},
        Case{"plainSteps", bf16, DType::bf16, 40, 2, plain, plain},
        Case{"plainTransposed", f16, DType::f16, 16, 1, plainT, plainT},
        Case{"swizzle32", bf16, DType::bf16, 8, 1, swizzle32, swizzle32},
        Case{"swizzle64", bf16, DType::bf16, 64, 2, swizzle64, swizzle64},
        Case{"swizzle128", f16, DType::f16, 256, 4, swizzle128, swizzle128},
        Case{"transposed32", bf16, DType::bf16, 32, 2, swizzle32T, swizzle32T},
        Case{"transposed64", f16, DType::f16, 64, 2, swizzle64T, swizzle64T},
        Case{"transposed128", bf16, DType::bf16, 192, 3, swizzle128T,
             swizzle128T},
        Case{"mixed", bf16, DType::bf16, 128, 4, swizzle128, swizzle128T},
        Case{"registers", bf16, DType::bf16, 128, 1, plain, swizzle128T, true},
        Case{"tf32", "f32.tf32.tf32", DType::f32, 48, 4, swizzle128,
             swizzle128},
        Case{"half", "f16.f16.f16", DType::f16, 32, 1, swizzle32, swizzle32,
             false, DType::f16}),
    [](const auto &info) { return info.param.name; });

} // namespace

} // namespace attn::ptx
