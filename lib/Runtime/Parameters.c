/*===- Parameters.c - Weights from a file ----------------------------------===
 *
 * A library whose weights are in a file has room for them, and nothing there:
 * when it is loaded, the file is mapped over it, read-only, and shared by all
 * processes that map it. What is wrong with the file is what every call says.
 *
 *===----------------------------------------------------------------------===*/

#ifndef _GNU_SOURCE /* MAP_POPULATE */
#define _GNU_SOURCE
#endif

#include "LoadedObjects.h"
#include "Runtime.h"

#include "attn/Runtime/ParameterFile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The compiler's, in a library with --parameters alone. */
extern const AttnParameterFile attn_rt_parameter_file
    __attribute__((weak, visibility("hidden")));

static char problem[PATH_MAX + 256];

static void refuse(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(problem, sizeof problem, format, args);
  va_end(args);
}

/* The file's name, beside the library where it is not absolute. */
static void find_path(const char *name, char *path, size_t size) {
  AttnObject own;
  const char *library =
      attn_find_object_of(&attn_rt_parameter_file, &own) ? own.name : "";
  const char *slash = strrchr(library, '/');
  int folder = name[0] != '/' && slash ? (int)(slash + 1 - library) : 0;
  snprintf(path, size, "%.*s%s", folder, library, name);
}

static bool check_header(int file, const AttnParameterFile *expected,
                         const char *path) {
  struct stat status;
  AttnParameterHeader header;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      read(file, &header, sizeof header) != (ssize_t)sizeof header ||
      memcmp(header.magic, ATTN_PARAMETERS_MAGIC, sizeof header.magic) != 0) {
    refuse("expected parameters at '%s', got another kind of file", path);
    return false;
  }
  if (header.size != expected->size || header.checksum != expected->checksum) {
    refuse("expected the parameters at '%s' that were written with the "
           "library (checksum %016llx), got others (%016llx)",
           path, (unsigned long long)expected->checksum,
           (unsigned long long)header.checksum);
    return false;
  }
  unsigned long long wanted = ATTN_PARAMETERS_OFFSET + expected->size;
  if ((unsigned long long)status.st_size != wanted) {
    refuse("expected the parameters at '%s' to be %llu bytes, got %llu", path,
           wanted, (unsigned long long)status.st_size);
    return false;
  }
  return true;
}

static void check_contents(const char *contents,
                           const AttnParameterFile *expected,
                           const char *path) {
  AttnChecksum sum;
  attn_checksum_begin(&sum);
  attn_checksum_add(&sum, contents, expected->size);
  uint64_t got = attn_checksum_end(&sum);
  if (got != expected->checksum)
    refuse("expected the parameters at '%s' to have the checksum %016llx, got "
           "%016llx",
           path, (unsigned long long)expected->checksum,
           (unsigned long long)got);
}

static void map_contents(int file, const AttnParameterFile *expected,
                         const char *path) {
  void *place = (char *)(uintptr_t)expected + expected->distance;
  void *mapped =
      mmap(place, expected->size, PROT_READ,
           MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, ATTN_PARAMETERS_OFFSET);
  if (mapped == MAP_FAILED)
    refuse("expected the parameters at '%s' to be mapped, got: %s", path,
           strerror(errno));
  else
    check_contents(mapped, expected, path);
}

/* The working directory is still that of who loads the library. */
__attribute__((constructor)) static void load_parameters(void) {
  const AttnParameterFile *expected = &attn_rt_parameter_file;
  if (!expected)
    return;
  char path[PATH_MAX];
  find_path(expected->name, path, sizeof path);
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0) {
    refuse("expected the parameters at '%s', got: %s", path, strerror(errno));
    return;
  }
  if (check_header(file, expected, path))
    map_contents(file, expected, path);
  close(file);
}

void attn_check_parameters(void) {
  if (problem[0])
    attn_leave(ATTN_INVALID_PARAMETERS, "%s", problem);
}
