/*===- Table.c - Reading the table of a function ---------------------------===
 *
 * The layout is in attn/Runtime/ArtifactTable.h.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

int64_t attn_num_tensors(const int64_t *table) {
  return table[ATTN_HEADER_NUM_INPUTS] + table[ATTN_HEADER_NUM_OUTPUTS];
}

const int64_t *attn_first_tensor(const int64_t *table) {
  return table + ATTN_HEADER_FIELDS + table[ATTN_HEADER_NUM_SYMBOLS];
}

const int64_t *attn_next_tensor(const int64_t *tensor) {
  return tensor + ATTN_TENSOR_FIELDS +
         tensor[ATTN_TENSOR_RANK] * ATTN_DIM_FIELDS;
}

const int64_t *attn_first_output(const int64_t *table) {
  const int64_t *row = attn_first_tensor(table);
  for (int64_t i = 0; i < table[ATTN_HEADER_NUM_INPUTS]; ++i)
    row = attn_next_tensor(row);
  return row;
}

char *attn_first_element(const DLTensor *tensor) {
  return tensor->data ? (char *)tensor->data + tensor->byte_offset : NULL;
}

int64_t attn_num_dimensions(const int64_t *table, int64_t from, int64_t to) {
  const int64_t *tensor = attn_first_tensor(table);
  int64_t count = 0;
  for (int64_t i = 0; i < to; ++i, tensor = attn_next_tensor(tensor))
    if (i >= from)
      count += tensor[ATTN_TENSOR_RANK];
  return count;
}
