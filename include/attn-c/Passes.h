/*===- attn-c/Passes.h - C API of the passes -----------------------*- C -*-===*
 *
 * After attnRegisterAllPasses, every pass and pipeline of this project can be
 * named in the text that mlirParsePassPipeline and mlirOpPassManagerAddPipeline
 * take: "builtin.module(convert-attn-to-linalg)",
 * "builtin.module(attn-to-loops)".
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_C_PASSES_H
#define ATTN_C_PASSES_H

#include "mlir-c/Pass.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Registers the passes and pipelines of this project. Safe to call again. */
MLIR_CAPI_EXPORTED void attnRegisterAllPasses(void);

/* `convert-attn-to-linalg`, to add to a pass manager on a module, which then
 * owns it. */
MLIR_CAPI_EXPORTED MlirPass attnCreateConvertAttnToLinalgPass(void);

#ifdef __cplusplus
}
#endif

#endif /* ATTN_C_PASSES_H */
