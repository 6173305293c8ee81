import CLinux

/// Ends requests on their way: the host closes, and does not wait for slow receivers.
///
/// @unchecked Sendable: the C side reads and writes the flag atomically.
final class OutboundFlag: @unchecked Sendable {
  let raised = UnsafeMutablePointer<ccurl_flag>.allocate(capacity: 1)

  init() { ccurl_lower(raised) }
  deinit { raised.deallocate() }

  func raise() { ccurl_raise(raised) }
  var isRaised: Bool { ccurl_is_raised(raised) }
}
