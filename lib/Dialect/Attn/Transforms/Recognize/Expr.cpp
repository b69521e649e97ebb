//===- Expr.cpp - Unique expressions --------------------------------------===//
#include "Expr.h"

using namespace mlir;
using namespace mlir::attn::recognize;

bool mlir::attn::recognize::isWideInteger(Type type) {
  return type.isIndex() || type.isInteger(64);
}

template <typename T>
static ArrayRef<T> copyTo(llvm::BumpPtrAllocator &allocator, ArrayRef<T> from) {
  if (from.empty())
    return {};
  T *to = allocator.Allocate<T>(from.size());
  std::uninitialized_copy(from.begin(), from.end(), to);
  return {to, from.size()};
}

bool Node::isSame(const Node &other) const {
  return hash == other.hash && kind == other.kind && type == other.type &&
         constant == other.constant && value == other.value &&
         number == other.number && name == other.name &&
         attributes == other.attributes && operands == other.operands &&
         terms == other.terms;
}

static unsigned getHash(const Node &node) {
  llvm::hash_code hash = llvm::hash_combine(node.kind, node.type, node.constant,
                                            node.value, node.number, node.name,
                                            node.attributes, node.operands);
  for (const Term &term : node.terms)
    hash = llvm::hash_combine(hash, term.coefficient, term.atoms);
  return static_cast<unsigned>(hash);
}

static uint32_t getPositions(const Node &node) {
  if (node.kind == Kind::Position)
    return 1u << node.number;
  uint32_t positions = 0;
  for (Expr operand : node.operands)
    positions |= operand->positions;
  for (const Term &term : node.terms)
    for (Expr atom : term.atoms)
      positions |= atom->positions;
  return positions;
}

Node *ExprContext::make(Kind kind, Type type, ArrayRef<Expr> operands,
                        ArrayRef<Term> terms, Attribute constant, Value value,
                        int64_t number, StringAttr name,
                        DictionaryAttr attributes) {
  Node wanted;
  wanted.kind = kind;
  wanted.type = type;
  wanted.operands = operands;
  wanted.terms = terms;
  wanted.constant = constant;
  wanted.value = value;
  wanted.number = number;
  wanted.name = name;
  wanted.attributes = attributes;
  wanted.hash = getHash(wanted);
  auto [known, isNew] = nodes.insert(&wanted);
  if (!isNew)
    return *known;
  wanted.serial = nodes.size() - 1;
  wanted.positions = getPositions(wanted);
  wanted.operands = copyTo(allocator, operands);
  SmallVector<Term> own;
  for (const Term &term : terms)
    own.push_back({copyTo(allocator, term.atoms), term.coefficient});
  wanted.terms = copyTo(allocator, ArrayRef<Term>(own));
  *known = new (allocator.Allocate<Node>()) Node(wanted);
  return *known;
}

Expr ExprContext::constant(TypedAttr value) {
  if (isWideInteger(value.getType()))
    return integer(cast<IntegerAttr>(value).getInt());
  return make(Kind::Constant, value.getType(), {}, {}, value, {}, 0, {}, {});
}

Expr ExprContext::floating(Type type, double value) {
  return constant(FloatAttr::get(type, value));
}

Expr ExprContext::boolean(bool value) {
  return constant(BoolAttr::get(context, value));
}

Expr ExprContext::scalar(Value value) {
  Type type = value.getType();
  Expr result =
      make(Kind::Scalar, isWideInteger(type) ? IndexType::get(context) : type,
           {}, {}, {}, value, 0, {}, {});
  auto known = equal.find(result);
  return known == equal.end() ? result : known->second;
}

Expr ExprContext::size(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return integer(type.getDimSize(dim));
  Expr result = make(Kind::Size, IndexType::get(context), {}, {}, {}, tensor,
                     dim, {}, {});
  auto known = equal.find(result);
  return known == equal.end() ? result : known->second;
}

Expr ExprContext::position(int64_t number, Expr extent) {
  if (getInteger(extent) == 1)
    return integer(0);
  return make(Kind::Position, IndexType::get(context), extent, {}, {}, {},
              number, {}, {});
}

Expr ExprContext::read(Value tensor, ArrayRef<Expr> indices) {
  Type element = cast<RankedTensorType>(tensor.getType()).getElementType();
  if (isWideInteger(element))
    element = IndexType::get(context);
  return make(Kind::Read, element, indices, {}, {}, tensor, 0, {}, {});
}

Expr ExprContext::plainOp(StringAttr name, Type type, ArrayRef<Expr> operands,
                          DictionaryAttr attributes) {
  return make(Kind::Op, type, operands, {}, {}, {}, 0, name, attributes);
}

Expr ExprContext::op(StringAttr name, Type type, ArrayRef<Expr> operands,
                     DictionaryAttr attributes) {
  if (isWideInteger(type))
    type = IndexType::get(context);
  if (Expr simple =
          simplifyInteger(name.getValue(), type, operands, attributes))
    return simple;
  if (Expr simple = foldConstants(name.getValue(), type, operands, attributes))
    return simple;
  if (Expr simple = foldOverSelect(name, type, operands, attributes))
    return simple;
  if (Expr simple = simplifyFloat(name.getValue(), type, operands, attributes))
    return simple;
  return plainOp(name, type, operands, attributes);
}

std::optional<bool> ExprContext::getBoolean(Expr expr) {
  if (expr->kind != Kind::Constant || !expr->type.isInteger(1))
    return std::nullopt;
  return cast<BoolAttr>(expr->constant).getValue();
}

std::optional<double> ExprContext::getFloat(Expr expr) {
  auto value = dyn_cast_if_present<FloatAttr>(expr->constant);
  if (expr->kind != Kind::Constant || !value)
    return std::nullopt;
  return value.getValueAsDouble();
}

Expr ExprContext::rewrite(Expr expr, llvm::function_ref<Expr(Expr)> replace) {
  DenseMap<Expr, Expr> done;
  std::function<Expr(Expr)> visit = [&](Expr e) -> Expr {
    auto known = done.find(e);
    if (known != done.end())
      return known->second;
    Expr result = replace(e);
    if (!result) {
      SmallVector<Expr> operands;
      for (Expr operand : e->operands)
        operands.push_back(e->kind == Kind::Position ? operand
                                                     : visit(operand));
      switch (e->kind) {
      case Kind::Sum: {
        result = integer(0);
        for (const Term &term : e->terms) {
          Expr product = integer(term.coefficient);
          for (Expr atom : term.atoms)
            product = mul(product, visit(atom));
          result = add(result, product);
        }
        break;
      }
      case Kind::Read:
        result = read(e->value, operands);
        break;
      case Kind::Op:
        result = op(e->name, e->type, operands, e->attributes);
        break;
      case Kind::AtLeastZero:
        result = atLeastZero(operands[0]);
        break;
      case Kind::IsZero:
        result = isZero(operands[0]);
        break;
      default:
        result = e;
      }
    }
    done[e] = result;
    return result;
  };
  return visit(expr);
}
