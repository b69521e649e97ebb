//===- Code.h - A kernel, ready to run --------------------------*- C++ -*-===//
//
// A register is an offset into the register file of a warp: there its 32
// lanes lie side by side, so that a handler is a loop over arrays. Constants
// and special registers lie in the file too.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_PTX_CODE_H
#define ATTN_PTX_CODE_H

#include "Syntax.h"

#include <memory>

namespace attn::ptx {

class Warp;
struct Instruction;

/// One bit for each lane of a warp.
using Mask = uint32_t;
constexpr unsigned warpSize = 32;
constexpr Mask allLanes = ~Mask(0);

/// Executes an instruction for the lanes of the mask.
using Handler = void (*)(Warp &, const Instruction &, Mask);

/// Which lanes must have come to an instruction before it is executed.
enum class Gather : uint8_t { None, WholeWarp, Members };

/// A tensor map, a matrix shape: what only some handlers know.
struct Detail {
  virtual ~Detail() = default;
};

struct Instruction {
  static constexpr uint32_t none = ~uint32_t(0);

  Handler handler = nullptr;
  uint32_t guard = none; // offset of a predicate
  uint32_t destination = 0, a = 0, b = 0, c = 0;
  uint32_t members = 0; // offset of the mask of Gather::Members
  uint32_t target = 0;  // an instruction
  uint32_t line = 0;
  int64_t offset = 0; // added to the address in `a`
  bool guardNegated = false;
  bool wideAddress = false; // `a` holds 64-bit addresses
  bool isMove = false;      // a copy: as old as its source
  Gather gather = Gather::None;
  uint32_t opcode = 0;                 // an index of Code::opcodes
  std::vector<uint32_t> list;          // offsets of a vector operand
  std::vector<uint32_t> reads, writes; // registers
  std::shared_ptr<const Detail> detail;

  template <class T> const T &as() const {
    return static_cast<const T &>(*detail);
  }
};

enum class Special : uint8_t {
  None,
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NWarpId,
  Zero,
  One,
  LaneMaskEq,
  LaneMaskLe,
  LaneMaskLt,
  LaneMaskGe,
  LaneMaskGt,
  DynamicSharedSize,
  TotalSharedSize,
};

/// What lies in the file before a kernel starts, the same in each lane unless
/// it is a special register.
struct Constant {
  uint32_t at = 0;
  uint8_t bytes = 4;
  uint64_t bits = 0;
  Special special = Special::None;
};

struct Code {
  std::string name;
  std::vector<Instruction> instructions;
  std::vector<std::string> opcodes;
  std::vector<Constant> constants;
  std::vector<std::string> registerNames;
  uint32_t fileBytes = 0;
  uint32_t sharedBytes = 0;  // of the variables
  uint32_t sharedAlign = 16; // of what comes behind them
  uint32_t localBytes = 0;
  uint32_t parameterBytes = 0;
  std::vector<uint32_t> parameterOffsets, parameterSizes;
  uint32_t requiredThreads[3] = {0, 0, 0}, maximumThreads[3] = {0, 0, 0};
  bool usesWgmma = false;
};

/// Addresses that hold any space.
namespace window {
constexpr uint64_t shared = uint64_t(1) << 56;
constexpr uint64_t local = uint64_t(2) << 56;
constexpr uint64_t parameter = uint64_t(3) << 56;
constexpr uint64_t space = uint64_t(0xff) << 56;
} // namespace window

/// As on the device: the first kilobyte of shared memory is the system's.
constexpr uint32_t firstSharedAddress = 1024;
constexpr uint32_t maximumSharedBytes = 232448;

} // namespace attn::ptx

#endif // ATTN_PTX_CODE_H
