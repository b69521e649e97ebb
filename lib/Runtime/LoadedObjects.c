/*===- LoadedObjects.c - What the process has loaded
 * -----------------------===*/

#ifndef _GNU_SOURCE /* dl_iterate_phdr */
#define _GNU_SOURCE
#endif
#include "LoadedObjects.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

/* The tables of an object's dynamic symbols. */
typedef struct {
  const ElfW(Sym) * symbols;
  const char *strings;
  const uint32_t *gnu_hash, *hash;
} Symbols;

/* The loader has made addresses of these, but in objects that it may not write
 * to, such as the kernel's own. */
static const void *get_address(const AttnObject *object, const ElfW(Dyn) * d) {
  ElfW(Addr) address = d->d_un.d_ptr;
  return (const void *)(address < object->base ? address + object->base
                                               : address);
}

static Symbols read_symbols(const AttnObject *object) {
  Symbols symbols = {NULL, NULL, NULL, NULL};
  for (const ElfW(Dyn) *d = object->dynamic; d && d->d_tag != DT_NULL; ++d) {
    if (d->d_tag == DT_SYMTAB)
      symbols.symbols = get_address(object, d);
    else if (d->d_tag == DT_STRTAB)
      symbols.strings = get_address(object, d);
    else if (d->d_tag == DT_GNU_HASH)
      symbols.gnu_hash = get_address(object, d);
    else if (d->d_tag == DT_HASH)
      symbols.hash = get_address(object, d);
  }
  return symbols;
}

static bool is_definition(const Symbols *symbols, uint32_t index,
                          const char *name) {
  const ElfW(Sym) *symbol = &symbols->symbols[index];
  return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
         strcmp(symbols->strings + symbol->st_name, name) == 0;
}

/* DT_GNU_HASH: number of buckets, first symbol, words of the filter, a shift,
 * the filter, the buckets, and a hash per symbol whose last bit ends a chain.
 * Index 0 is no symbol. */
static uint32_t look_up_gnu(const Symbols *symbols, const char *name) {
  const uint32_t *table = symbols->gnu_hash;
  uint32_t hash = 5381;
  for (const char *c = name; *c; ++c)
    hash = hash * 33 + (unsigned char)*c;
  const ElfW(Addr) *filter = (const ElfW(Addr) *)(table + 4);
  const uint32_t *buckets = (const uint32_t *)(filter + table[2]);
  const uint32_t *chains = buckets + table[0];
  uint32_t index = table[0] ? buckets[hash % table[0]] : 0;
  for (; index >= table[1] && index; ++index) {
    uint32_t other = chains[index - table[1]];
    if ((other | 1) == (hash | 1) && is_definition(symbols, index, name))
      return index;
    if (other & 1)
      break;
  }
  return 0;
}

/* DT_HASH: number of buckets and of symbols, the buckets, and for each symbol
 * the next one of its bucket. */
static uint32_t look_up_elf(const Symbols *symbols, const char *name) {
  const uint32_t *table = symbols->hash;
  uint32_t hash = 0;
  for (const char *c = name; *c; ++c) {
    hash = (hash << 4) + (unsigned char)*c;
    hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
  }
  const uint32_t *chains = table + 2 + table[0];
  uint32_t index = table[0] ? table[2 + hash % table[0]] : 0;
  while (index && !is_definition(symbols, index, name))
    index = chains[index];
  return index;
}

void *attn_find_symbol(const AttnObject *object, const char *symbol) {
  Symbols symbols = read_symbols(object);
  uint32_t index = 0;
  if (!symbols.symbols || !symbols.strings)
    return NULL;
  if (symbols.gnu_hash)
    index = look_up_gnu(&symbols, symbol);
  else if (symbols.hash)
    index = look_up_elf(&symbols, symbol);
  return index ? (void *)(object->base + symbols.symbols[index].st_value)
               : NULL;
}

static AttnObject describe_object(const struct dl_phdr_info *info) {
  AttnObject object = {info->dlpi_name ? info->dlpi_name : "", info->dlpi_addr,
                       NULL};
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
      object.dynamic =
          (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
  return object;
}

/* What is looked for, and what was found. */
typedef struct {
  const void *address;
  const char *symbol;
  const AttnObject *except;
  AttnObject *found;
} Search;

static int is_object_of(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  Search *search = data;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    ElfW(Addr) start = info->dlpi_addr + segment->p_vaddr;
    if (segment->p_type != PT_LOAD || (ElfW(Addr))search->address < start ||
        (ElfW(Addr))search->address - start >= segment->p_memsz)
      continue;
    *search->found = describe_object(info);
    return 1;
  }
  return 0;
}

bool attn_find_object_of(const void *address, AttnObject *object) {
  Search search = {address, NULL, NULL, object};
  return dl_iterate_phdr(is_object_of, &search) != 0;
}

static int is_object_with(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size;
  Search *search = data;
  AttnObject object = describe_object(info);
  if (search->except && object.base == search->except->base)
    return 0;
  if (!attn_find_symbol(&object, search->symbol))
    return 0;
  *search->found = object;
  return 1;
}

bool attn_find_object_with(const char *symbol, const AttnObject *except,
                           AttnObject *object) {
  Search search = {NULL, symbol, except, object};
  return dl_iterate_phdr(is_object_with, &search) != 0;
}

bool attn_keep_object(const AttnObject *object) {
  AttnObject library;
  if (!*object->name) /* the program stays */
    return true;
  if (!attn_find_object_with("dlopen", NULL, &library))
    return false;
  __typeof__(&dlopen) open =
      (__typeof__(&dlopen))attn_find_symbol(&library, "dlopen");
  return open(object->name, RTLD_LAZY | RTLD_NOLOAD) != NULL;
}
