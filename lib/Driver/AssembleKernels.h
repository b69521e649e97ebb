//===- AssembleKernels.h - The step from PTX to a cubin ---------*- C++ -*-===//

#ifndef ATTN_LIB_DRIVER_ASSEMBLEKERNELS_H
#define ATTN_LIB_DRIVER_ASSEMBLEKERNELS_H

#include "attn/Driver/Driver.h"
#include "attn/Target/GPU/Assembler.h"

namespace mlir::attn {

/// The cubin that the ptxas of `options` makes of the PTX of `module`, which is
/// embedded there; none for a CPU, without ptxas, or without a kernel. What
/// ptxas spills or serializes is a warning, or an error by
/// `options.strictPtxas`.
FailureOr<std::optional<Cubin>> assembleKernels(ModuleOp module,
                                                const CompileOptions &options);

} // namespace mlir::attn

#endif // ATTN_LIB_DRIVER_ASSEMBLEKERNELS_H
