import CKernels

/// Which of the processor's instructions the kernels use, for whoever reports on the machine.
package enum Instructions {
  /// "v4" (AVX-512), "v3" (AVX2), "default" (SSE2 or NEON), or "plain"; the environment's PERIGEE_SIMD lowers it.
  package static var level: String { String(cString: ck_level_name(ck_level())) }
}
