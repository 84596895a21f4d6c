// Which sanitizer this build runs under: it changes what a library needs and how much memory a
// process takes.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define GATEWAY_ASAN_BUILD true
#elif defined(__SANITIZE_THREAD__)
#define GATEWAY_TSAN_BUILD true
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define GATEWAY_ASAN_BUILD true
#elif __has_feature(thread_sanitizer)
#define GATEWAY_TSAN_BUILD true
#endif
#endif

#ifndef GATEWAY_ASAN_BUILD
#define GATEWAY_ASAN_BUILD false
#endif
#ifndef GATEWAY_TSAN_BUILD
#define GATEWAY_TSAN_BUILD false
#endif

namespace gateway {

inline constexpr bool kAsanBuild = GATEWAY_ASAN_BUILD;
inline constexpr bool kTsanBuild = GATEWAY_TSAN_BUILD;

}  // namespace gateway
