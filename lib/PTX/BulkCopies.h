//===- BulkCopies.h - The families of cp ------------------------*- C++ -*-===//

#ifndef ATTN_PTX_BULKCOPIES_H
#define ATTN_PTX_BULKCOPIES_H

namespace attn::ptx {

class Decoder;

void decodePlainAsyncCopy(Decoder &decoder);
void decodeBulkCopy(Decoder &decoder);

} // namespace attn::ptx

#endif // ATTN_PTX_BULKCOPIES_H
