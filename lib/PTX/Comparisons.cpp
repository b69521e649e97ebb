//===- Comparisons.cpp - setp and selp ------------------------------------===//

#include "Elementwise.h"

namespace attn::ptx {

namespace {

enum class Relation { Eq, Ne, Lt, Le, Gt, Ge, Num, Nan };

/// `unordered`: a NaN makes it true.
template <Relation relation, bool unordered, class T> bool holds(T a, T b) {
  bool isNan = a != a || b != b;
  switch (relation) {
  case Relation::Num:
    return !isNan;
  case Relation::Nan:
    return isNan;
  case Relation::Eq:
    return (a == b && !isNan) || (unordered && isNan);
  case Relation::Ne:
    return (a != b && !isNan) || (unordered && isNan);
  case Relation::Lt:
    return a < b || (unordered && isNan);
  case Relation::Le:
    return a <= b || (unordered && isNan);
  case Relation::Gt:
    return a > b || (unordered && isNan);
  case Relation::Ge:
    return a >= b || (unordered && isNan);
  }
  return false;
}

template <class E> auto widen(E value) {
  if constexpr (isNarrow<E>)
    return E::widen(value);
  else
    return value;
}

/// The second destination, if there is one, gets the opposite, or what the high
/// halves of packed types say.
struct Combination : Detail {
  enum class Kind { None, And, Or, Xor } kind = Kind::None;
  uint32_t with = 0;
  uint32_t second = Instruction::none;

  Mask apply(Warp &warp, Mask result) const {
    switch (kind) {
    case Kind::None:
      return result;
    case Kind::And:
      return result & warp.predicate(with);
    case Kind::Or:
      return result | warp.predicate(with);
    case Kind::Xor:
      return result ^ warp.predicate(with);
    }
    return result;
  }
};

void setPredicate(Warp &warp, uint32_t at, Mask value, Mask mask) {
  Mask &to = warp.predicate(at);
  to = (to & ~mask) | (value & mask);
}

/// Of the elements at `first`, of which a lane has `elements`.
template <class E, Relation relation, bool unordered, unsigned elements>
Mask compareLanes(const E *a, const E *b, unsigned first) {
  Mask result = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    const unsigned at = elements * lane + first;
    result |= Mask(holds<relation, unordered>(widen(a[at]), widen(b[at])))
              << lane;
  }
  return result;
}

template <class E, Relation relation, bool unordered>
void comparePairs(Warp &warp, const Instruction &i, Mask mask) {
  const E *a = warp.at<E>(i.a), *b = warp.at<E>(i.b);
  const auto &combination = i.as<Combination>();
  auto compare = [&](unsigned half) {
    return combination.apply(
        warp, compareLanes<E, relation, unordered, 2>(a, b, half));
  };
  const Mask low = compare(0), high = compare(1);
  setPredicate(warp, i.destination, low, mask);
  setPredicate(warp, combination.second, high, mask);
}

template <class E, Relation relation, bool unordered>
void compareInto(Warp &warp, const Instruction &i, Mask mask) {
  const Mask result = compareLanes<E, relation, unordered, 1>(
      warp.at<E>(i.a), warp.at<E>(i.b), 0);
  if (!i.detail)
    return setPredicate(warp, i.destination, result, mask);
  const auto &combination = i.as<Combination>();
  Mask first = combination.apply(warp, result);
  Mask second = combination.apply(warp, ~result);
  setPredicate(warp, i.destination, first, mask);
  if (combination.second != Instruction::none)
    setPredicate(warp, combination.second, second, mask);
}

template <class E, Relation relation, bool unordered>
Handler byElements(bool isPacked) {
  if constexpr (isNarrow<E>)
    if (isPacked)
      return comparePairs<E, relation, unordered>;
  return isPacked ? nullptr : compareInto<E, relation, unordered>;
}

template <class E, bool unordered>
Handler byRelation(Relation relation, bool isPacked) {
  switch (relation) {
  case Relation::Eq:
    return byElements<E, Relation::Eq, unordered>(isPacked);
  case Relation::Ne:
    return byElements<E, Relation::Ne, unordered>(isPacked);
  case Relation::Lt:
    return byElements<E, Relation::Lt, unordered>(isPacked);
  case Relation::Le:
    return byElements<E, Relation::Le, unordered>(isPacked);
  case Relation::Gt:
    return byElements<E, Relation::Gt, unordered>(isPacked);
  case Relation::Ge:
    return byElements<E, Relation::Ge, unordered>(isPacked);
  case Relation::Num:
    return byElements<E, Relation::Num, unordered>(isPacked);
  case Relation::Nan:
    return byElements<E, Relation::Nan, unordered>(isPacked);
  }
  return nullptr;
}

Handler byType(Type type, Relation relation, bool unordered) {
  auto floating = [&](auto tag) {
    using E = decltype(tag);
    const bool isPacked = type.elements == 2;
    return unordered ? byRelation<E, true>(relation, isPacked)
                     : byRelation<E, false>(relation, isPacked);
  };
  auto integer = [&](auto tag) {
    return byRelation<decltype(tag), false>(relation, /*isPacked=*/false);
  };
  bool isSigned = type.kind == Kind::Signed;
  if (type.kind == Kind::BFloat)
    return floating(BFloat());
  if (type.kind == Kind::Float)
    return type.bits == 16   ? floating(Half())
           : type.bits == 32 ? floating(float())
                             : floating(double());
  switch (type.bits) {
  case 16:
    return isSigned ? integer(int16_t()) : integer(uint16_t());
  case 32:
    return isSigned ? integer(int32_t()) : integer(uint32_t());
  case 64:
    return isSigned ? integer(int64_t()) : integer(uint64_t());
  default:
    return nullptr;
  }
}

/// `ltu` is unordered; `lo`, `ls`, `hi`, `hs` are for unsigned integers.
bool takeRelation(Words &words, Relation &relation, bool &unordered) {
  static const struct {
    const char *name;
    Relation relation;
    bool unordered;
  } table[] = {
      {"eq", Relation::Eq, false},   {"ne", Relation::Ne, false},
      {"lt", Relation::Lt, false},   {"le", Relation::Le, false},
      {"gt", Relation::Gt, false},   {"ge", Relation::Ge, false},
      {"lo", Relation::Lt, false},   {"ls", Relation::Le, false},
      {"hi", Relation::Gt, false},   {"hs", Relation::Ge, false},
      {"equ", Relation::Eq, true},   {"neu", Relation::Ne, true},
      {"ltu", Relation::Lt, true},   {"leu", Relation::Le, true},
      {"gtu", Relation::Gt, true},   {"geu", Relation::Ge, true},
      {"num", Relation::Num, false}, {"nan", Relation::Nan, false},
  };
  for (const auto &named : table)
    if (words.take(named.name)) {
      relation = named.relation;
      unordered = named.unordered;
      return true;
    }
  return false;
}

void decodeSetPredicate(Decoder &decoder) {
  Type type = decoder.words.takeType();
  Relation relation = Relation::Eq;
  bool unordered = false;
  if (!takeRelation(decoder.words, relation, unordered))
    decoder.words.fail("a comparison");
  decoder.words.skip({"ftz"});
  auto combination = std::make_shared<Combination>();
  std::string with = decoder.words.takeOne({"and", "or", "xor"});
  if (!with.empty()) {
    combination->kind = with == "and"  ? Combination::Kind::And
                        : with == "or" ? Combination::Kind::Or
                                       : Combination::Kind::Xor;
    combination->with = decoder.predicate(3);
  }
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, type);
  const Operand &to = decoder.operand(0);
  bool isPair = to.form == Operand::Form::Pair;
  if (type.elements == 2 && !isPair)
    decoder.fail("expected two predicates, one for each half");
  decoder.instruction.destination =
      decoder.predicateDestination(isPair ? to.elements[0] : to);
  if (isPair)
    combination->second = decoder.predicateDestination(to.elements[1]);
  if (isPair || !with.empty())
    decoder.instruction.detail = combination;
  emitOrFail(decoder, byType(type, relation, unordered));
}

template <class T> void select(Warp &warp, const Instruction &i, Mask mask) {
  const T *a = warp.at<T>(i.a), *b = warp.at<T>(i.b);
  Mask which = warp.predicate(i.c);
  T result[warpSize];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = which >> lane & 1 ? a[lane] : b[lane];
  warp.store(i.destination, result, mask);
}

void decodeSelect(Decoder &decoder) {
  Type type = decoder.words.takeType();
  if (type.bytes() < 2)
    decoder.words.fail("a type that it has");
  decoder.instruction.a = decoder.source(1, type);
  decoder.instruction.b = decoder.source(2, type);
  decoder.instruction.c = decoder.predicate(3);
  decoder.instruction.destination = decoder.destination(0, type);
  switch (type.bytes()) {
  case 2:
    return decoder.emit(select<uint16_t>);
  case 4:
    return decoder.emit(select<uint32_t>);
  default:
    return decoder.emit(select<uint64_t>);
  }
}

} // namespace

void addComparisons(DecodeTable &table) {
  table["setp"] = decodeSetPredicate;
  table["selp"] = decodeSelect;
}

} // namespace attn::ptx
