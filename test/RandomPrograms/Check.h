//===- Check.h - Compiled programs against the oracle -----------*- C++ -*-===//

#ifndef ATTN_TEST_RANDOMPROGRAMS_CHECK_H
#define ATTN_TEST_RANDOMPROGRAMS_CHECK_H

#include "Program.h"

#include "attn/Driver/Driver.h"
#include "attn/Run/Device.h"

#include <functional>

namespace attn::random_programs {

/// What came of one program: nothing when it agrees, else what is wrong.
using Report = std::function<void(size_t program, const std::string &problem)>;
/// Says what is being done, for whoever has to explain a crash.
using Progress = std::function<void(const std::string &)>;

/// Where results differ from what the oracle says by more than `tolerances`, or
/// nothing.
std::string compareResults(const std::vector<Tolerance> &tolerances,
                           const std::vector<Tensor> &actual,
                           const std::vector<Tensor> &expected);

/// Compiles all programs to one shared library under `folder`, runs them, on
/// `device` where there is one, runs the oracle, and reports each program once.
void checkPrograms(const std::vector<Program> &programs,
                   mlir::MLIRContext &context,
                   const mlir::attn::CompileOptions &options,
                   std::shared_ptr<mlir::attn::Device> device,
                   const std::string &folder, const Progress &progress,
                   const Report &report);

} // namespace attn::random_programs

#endif // ATTN_TEST_RANDOMPROGRAMS_CHECK_H
