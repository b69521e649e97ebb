//===- MmaTest.cpp - The fragments of mma.sync ----------------------------===//
//
// Registers are filled and read by the formulas of the PTX ISA, "Matrix
// Fragments for mma.m16n8k…", with groupID = lane >> 2 and
// threadID_in_group = lane % 4.
//
//===----------------------------------------------------------------------===//

#include "Running.h"

namespace attn::ptx {

namespace {

const char *const kernel = R"(.version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc, .param .u64 pd) {
.reg .b32 %a<4>; .reg .b32 %b<2>; .reg .b32 %c<4>; .reg .b32 %d<4>; .reg .b32 %t; .reg .b64 %p<9>;
mov.u32 %t, %tid.x;
ld.param.u64 %p0, [pa]; ld.param.u64 %p1, [pb]; ld.param.u64 %p2, [pc]; ld.param.u64 %p3, [pd];
mul.wide.u32 %p4, %t, 16;
add.s64 %p0, %p0, %p4; add.s64 %p1, %p1, %p4; add.s64 %p2, %p2, %p4; add.s64 %p3, %p3, %p4;
ld.global.v4.b32 {%a0, %a1, %a2, %a3}, [%p0];
ld.global.v2.b32 {%b0, %b1}, [%p1];
ld.global.v4.b32 {%c0, %c1, %c2, %c3}, [%p2];
mma.sync.aligned.SHAPE.row.col.TYPES NUMBERS;
st.global.v4.b32 [%p3], {%d0, %d1, %d2, %d3};
ret; }
)";

struct Case {
  const char *shape, *types;
  DType type, accumulator;
  unsigned depth; // k
};

/// Registers of four lanes-wide rows: element `index` of a lane, in its
/// format, which tf32 fills with f32.
class Registers {
public:
  Registers(Memory &memory, DType type) : buffer(memory, 512), type(type) {}
  void set(unsigned lane, unsigned index, double value) {
    encode(type, value, at(lane, index));
  }
  double get(unsigned lane, unsigned index) {
    return decode(type, at(lane, index));
  }
  Buffer buffer;

private:
  uint8_t *at(unsigned lane, unsigned index) {
    return buffer.bytes + 16 * lane + index * byteSize(type);
  }
  DType type;
};

struct Place {
  unsigned row, column;
};

/// a_i: .f16 and .bf16 by two columns, .tf32 by one.
Place placeOfA(bool wide, unsigned lane, unsigned i) {
  unsigned group = lane >> 2, thread = lane % 4;
  if (wide)
    return {i == 0 || i == 2 ? group : group + 8, i < 2 ? thread : thread + 4};
  bool upper = i < 2 || (i >= 4 && i < 6);
  return {upper ? group : group + 8, thread * 2 + (i & 1) + (i < 4 ? 0 : 8)};
}
Place placeOfB(bool wide, unsigned lane, unsigned i) {
  unsigned group = lane >> 2, thread = lane % 4;
  if (wide)
    return {i == 0 ? thread : thread + 4, group};
  return {thread * 2 + (i & 1) + (i < 2 ? 0 : 8), group};
}
Place placeOfC(unsigned lane, unsigned i) {
  unsigned group = lane >> 2, thread = lane % 4;
  return {i < 2 ? group : group + 8, thread * 2 + (i & 1)};
}

std::string listOf(const Case &test) {
  bool wide = test.type == DType::f32;
  unsigned perRegister = wide ? 1 : 2;
  unsigned a = 16 * test.depth / 32 / perRegister,
           b = 8 * test.depth / 32 / perRegister,
           c = test.accumulator == DType::f16 ? 2 : 4;
  auto list = [](const char *name, unsigned count) {
    return registerList(name, count);
  };
  return list("d", c) + ", " + list("a", a) + ", " + list("b", b) + ", " +
         list("c", c);
}

class MmaTest : public testing::TestWithParam<Case> {};

TEST_P(MmaTest, MultipliesFragments) {
  Case test = GetParam();
  Memory memory;
  std::string text = replaceAll(kernel, "SHAPE", test.shape);
  text = replaceAll(replaceAll(text, "TYPES", test.types), "NUMBERS",
                    listOf(test));
  Module module(text, memory);
  bool wide = test.type == DType::f32;
  std::vector<double> a = drawNumbers(16 * test.depth, 1),
                      b = drawNumbers(test.depth * 8, 2),
                      c = drawNumbers(16 * 8, 3);
  Registers ra(memory, test.type), rb(memory, test.type),
      rc(memory, test.accumulator), rd(memory, test.accumulator);
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned i = 0; i < 16 * test.depth / 32; ++i) {
      Place at = placeOfA(wide, lane, i);
      ra.set(lane, i, a[at.row * test.depth + at.column]);
    }
    for (unsigned i = 0; i < 8 * test.depth / 32; ++i) {
      Place at = placeOfB(wide, lane, i);
      rb.set(lane, i, b[at.row * 8 + at.column]);
    }
    for (unsigned i = 0; i < 4; ++i) {
      Place at = placeOfC(lane, i);
      rc.set(lane, i, c[at.row * 8 + at.column]);
    }
  }
  Arguments arguments;
  for (Registers *registers : {&ra, &rb, &rc, &rd})
    arguments.add(registers->buffer.address);
  launch(*module.findKernel("k"), memory, {}, {32, 1, 1}, 0, arguments.bytes,
         {});
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 4; ++i) {
      Place at = placeOfC(lane, i);
      double sum = c[at.row * 8 + at.column];
      for (unsigned k = 0; k < test.depth; ++k)
        sum += a[at.row * test.depth + k] * b[k * 8 + at.column];
      EXPECT_EQ(rd.get(lane, i), roundTo(test.accumulator, sum))
          << "lane " << lane << ", element " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, MmaTest,
    testing::Values(
        Case{"m16n8k16", "f32.bf16.bf16.f32", DType::bf16, DType::f32, 16},
        Case{"m16n8k16", "f32.f16.f16.f32", DType::f16, DType::f32, 16},
        Case{"m16n8k16", "f16.f16.f16.f16", DType::f16, DType::f16, 16},
        Case{"m16n8k8", "f32.bf16.bf16.f32", DType::bf16, DType::f32, 8},
        Case{"m16n8k8", "f32.tf32.tf32.f32", DType::f32, DType::f32, 8},
        Case{"m16n8k4", "f32.tf32.tf32.f32", DType::f32, DType::f32, 4}));

} // namespace

} // namespace attn::ptx
