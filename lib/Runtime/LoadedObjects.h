/*===- LoadedObjects.h - What the process has loaded ---------------*- C -*-===
 *
 * What dladdr and dlsym tell, by dl_iterate_phdr alone: linked on a new system,
 * those need a C library at least as new as that system's.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_LOADEDOBJECTS_H
#define ATTN_RUNTIME_LOADEDOBJECTS_H

#include <link.h>
#include <stdbool.h>

/** A program or shared library, as long as it stays loaded. */
typedef struct {
  const char *name; /* "": the program */
  ElfW(Addr) base;
  const ElfW(Dyn) * dynamic;
} AttnObject;

/** The object that `address` is in. */
bool attn_find_object_of(const void *address, AttnObject *object);

/** The first object but `except` that defines `symbol`. */
bool attn_find_object_with(const char *symbol, const AttnObject *except,
                           AttnObject *object);

/** Where `object` defines `symbol`; NULL when it does not. */
void *attn_find_symbol(const AttnObject *object, const char *symbol);

/** Keeps `object` loaded for as long as the process lives. */
bool attn_keep_object(const AttnObject *object);

#endif /* ATTN_RUNTIME_LOADEDOBJECTS_H */
