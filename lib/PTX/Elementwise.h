//===- Elementwise.h - Handlers that are loops over lanes -------*- C++ -*-===//
//
// An operation is a struct with `apply` on numbers. The 16-bit formats are
// computed in float, or in double where that would round twice; packed types
// are twice as many elements.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_ELEMENTWISE_H
#define ATTN_PTX_ELEMENTWISE_H

#include "Decoder.h"
#include "Numbers.h"
#include "Warp.h"

#include <type_traits>

namespace attn::ptx {

template <class E>
constexpr bool isNarrow = std::is_same_v<E, Half> || std::is_same_v<E, BFloat>;

/// Op::apply on elements of any format.
template <class E, class Op, bool flush, class... More>
inline E evaluate(E first, More... more) {
  if constexpr (isNarrow<E>) {
    using Wide = std::conditional_t<sizeof...(More) == 2, double, float>;
    return E::narrow(Op::apply(Wide(E::widen(first)), Wide(E::widen(more))...));
  } else if constexpr (flush) {
    return flushSubnormal(
        Op::apply(flushSubnormal(first), flushSubnormal(more)...));
  } else {
    return E(Op::apply(first, more...));
  }
}

template <class E, class Op, unsigned elements, bool flush>
void unary(Warp &warp, const Instruction &i, Mask mask) {
  const E *a = warp.at<E>(i.a);
  E result[elements];
  for (unsigned n = 0; n < elements; ++n)
    result[n] = evaluate<E, Op, flush>(a[n]);
  warp.store(i.destination, result, mask);
}

template <class E, class Op, unsigned elements, bool flush>
void binary(Warp &warp, const Instruction &i, Mask mask) {
  const E *a = warp.at<E>(i.a), *b = warp.at<E>(i.b);
  E result[elements];
  for (unsigned n = 0; n < elements; ++n)
    result[n] = evaluate<E, Op, flush>(a[n], b[n]);
  warp.store(i.destination, result, mask);
}

template <class E, class Op, unsigned elements, bool flush>
void ternary(Warp &warp, const Instruction &i, Mask mask) {
  const E *a = warp.at<E>(i.a), *b = warp.at<E>(i.b), *c = warp.at<E>(i.c);
  E result[elements];
  for (unsigned n = 0; n < elements; ++n)
    result[n] = evaluate<E, Op, flush>(a[n], b[n], c[n]);
  warp.store(i.destination, result, mask);
}

template <unsigned operands, class E, class Op, unsigned elements = warpSize,
          bool flush = false>
constexpr Handler elementwise() {
  if constexpr (operands == 1)
    return unary<E, Op, elements, flush>;
  else if constexpr (operands == 2)
    return binary<E, Op, elements, flush>;
  else
    return ternary<E, Op, elements, flush>;
}

/// Null for a type that is no float.
template <unsigned operands, class Op>
Handler floatHandler(Type type, bool flush) {
  constexpr unsigned both = 2 * warpSize;
  bool packed = type.elements == 2;
  if (type.kind == Kind::BFloat)
    return packed ? elementwise<operands, BFloat, Op, both>()
                  : elementwise<operands, BFloat, Op>();
  if (type.kind != Kind::Float)
    return nullptr;
  if (type.bits == 16)
    return packed ? elementwise<operands, Half, Op, both>()
                  : elementwise<operands, Half, Op>();
  if (packed)
    return nullptr;
  if (type.bits == 64)
    return elementwise<operands, double, Op>();
  return flush ? elementwise<operands, float, Op, warpSize, true>()
               : elementwise<operands, float, Op>();
}

/// Null for a type that is no integer. Bits count as unsigned.
template <unsigned operands, class Op> Handler integerHandler(Type type) {
  if (type.isFloat() || type.isPredicate() || type.elements != 1)
    return nullptr;
  bool isSigned = type.kind == Kind::Signed;
  switch (type.bits) {
  case 16:
    return isSigned ? elementwise<operands, int16_t, Op>()
                    : elementwise<operands, uint16_t, Op>();
  case 32:
    return isSigned ? elementwise<operands, int32_t, Op>()
                    : elementwise<operands, uint32_t, Op>();
  case 64:
    return isSigned ? elementwise<operands, int64_t, Op>()
                    : elementwise<operands, uint64_t, Op>();
  default:
    return nullptr;
  }
}

/// Sources a, b, c and the destination of one type.
inline void decodeOperands(Decoder &decoder, unsigned operands, Type type) {
  if (decoder.operandCount() != operands + 1)
    decoder.fail("expected " + std::to_string(operands + 1) +
                 " operands, got " + std::to_string(decoder.operandCount()));
  uint32_t *sources[] = {&decoder.instruction.a, &decoder.instruction.b,
                         &decoder.instruction.c};
  for (unsigned number = 0; number < operands; ++number)
    *sources[number] = decoder.source(number + 1, type);
  decoder.instruction.destination = decoder.destination(0, type);
}

/// An error unless the type has one element of so many bits.
inline void expectBits(Decoder &decoder, Type type,
                       std::initializer_list<unsigned> widths) {
  bool found = false;
  for (unsigned width : widths)
    found |= type.elements == 1 && type.bits == width;
  if (!found)
    decoder.words.fail("a type that it has");
}

inline void emitOrFail(Decoder &decoder, Handler handler) {
  if (!handler)
    decoder.words.fail("a type that it has");
  decoder.emit(handler);
}

} // namespace attn::ptx

#endif // ATTN_PTX_ELEMENTWISE_H
