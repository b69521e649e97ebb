/*===- ParameterFile.h - Weights in a file of their own ------------*- C -*-===
 *
 * The compiler writes the file, and its size and checksum into the library; the
 * C runtime maps it to where the library has left room. Both sides include this
 * file. Plain C.
 *
 * The file is this header, zeros up to ATTN_PARAMETERS_OFFSET, and the
 * contents.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_PARAMETERFILE_H
#define ATTN_RUNTIME_PARAMETERFILE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A page, so that the contents can be mapped. */
#define ATTN_PARAMETERS_OFFSET 4096

#define ATTN_PARAMETERS_MAGIC "attn parameters"

typedef struct {
  char magic[16]; /**< ATTN_PARAMETERS_MAGIC */
  uint64_t size;  /**< bytes of the contents */
  uint64_t checksum;
} AttnParameterHeader;

/** What the library knows of its file. */
typedef struct {
  uint64_t size;
  uint64_t checksum;
  int64_t distance; /**< from this to where the contents belong */
  char name[];      /**< from the library's folder, or absolute */
} AttnParameterFile;

enum { ATTN_CHECKSUM_LANES = 8 };

/** A checksum over blocks of 64 bytes, as fast as memory is read. */
typedef struct {
  uint64_t lanes[ATTN_CHECKSUM_LANES];
} AttnChecksum;

static inline void attn_checksum_begin(AttnChecksum *sum) {
  for (int i = 0; i < ATTN_CHECKSUM_LANES; ++i)
    sum->lanes[i] = 0x9e3779b97f4a7c15u * (uint64_t)(i + 1);
}

static inline uint64_t attn_checksum_mix(uint64_t lane, uint64_t word) {
  lane ^= word;
  lane = (lane << 29) | (lane >> 35);
  return lane * 0xff51afd7ed558ccdu;
}

/** Adds `size` bytes, and zeros up to a multiple of 64. */
static inline void attn_checksum_add(AttnChecksum *sum, const char *bytes,
                                     uint64_t size) {
  for (uint64_t at = 0; at < size; at += sizeof sum->lanes) {
    uint64_t words[ATTN_CHECKSUM_LANES] = {0};
    uint64_t rest = size - at;
    memcpy(words, bytes + at,
           rest < sizeof words ? (size_t)rest : sizeof words);
    for (int i = 0; i < ATTN_CHECKSUM_LANES; ++i)
      sum->lanes[i] = attn_checksum_mix(sum->lanes[i], words[i]);
  }
}

static inline uint64_t attn_checksum_end(const AttnChecksum *sum) {
  uint64_t result = 0;
  for (int i = 0; i < ATTN_CHECKSUM_LANES; ++i)
    result = attn_checksum_mix(result, sum->lanes[i]);
  return result;
}

#endif /* ATTN_RUNTIME_PARAMETERFILE_H */
