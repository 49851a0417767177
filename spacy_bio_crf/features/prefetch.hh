// Asks for a cache line before it is needed, where the compiler knows how.
#pragma once

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address)
#endif
