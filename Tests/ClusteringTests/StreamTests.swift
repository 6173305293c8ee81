import Basics
import Testing

@testable import Clustering

@Suite("Changes in streams") struct StreamTests {
  /// Distances of 5,000 vectors to their nearest centroids, of which those from number 3,000 on are of another kind.
  static func series() throws -> [Double] {
    let bytes = try Fixtures.bytes("stream.f64")
    return bytes.withUnsafeBytes { source in (0..<bytes.count / 8).map { source.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) } }
  }

  @Test("are noticed where River notices them, also when the state is stored between numbers") func oracle() throws {
    var hinkley = try PageHinkley(threshold: 5)
    var window = try AdaptiveWindow()
    var alarms: ([Int], [Int]) = ([], [])
    for (place, value) in try Self.series().enumerated() {
      if place % 500 == 250 {
        hinkley = try PageHinkley(decoding: hinkley.encoded())
        window = try AdaptiveWindow(decoding: window.encoded())
      }
      if hinkley.add(value) { alarms.0.append(place) }
      if window.add(value) { alarms.1.append(place) }
    }
    #expect(alarms.0 == [3192])
    #expect(alarms.1 == [3455] && window.detections == 1)
  }

  @Test("are not seen in a constant, and in constant memory") func constant() throws {
    var hinkley = try PageHinkley()
    var window = try AdaptiveWindow()
    var alarms = 0
    for _ in 0..<4000 { alarms += (hinkley.add(0.7) ? 1 : 0) + (window.add(0.7) ? 1 : 0) }
    #expect(alarms == 0)
    #expect(window.width == 4000 && abs(window.mean - 0.7) < 1e-12)
    #expect(window.encoded().count < 1500 && hinkley.encoded().count < 150)
  }

  @Test("are seen in either direction, after any number of quiet values", arguments: [-1.0, 1]) func directions(sign: Double) throws {
    var random = SeededRandom(seed: 12)
    var hinkley = try PageHinkley(threshold: 5)
    var window = try AdaptiveWindow()
    var seen = (false, false)
    for place in 0..<1500 {
      let value = Double(Fixtures.numbers(1, &random)[0]) * 0.1 + (place >= 700 ? sign : 0)
      let found = (hinkley.add(value), window.add(value))
      if place < 700 { #expect(found == (false, false)) }
      seen = (seen.0 || found.0, seen.1 || found.1)
    }
    #expect(seen == (true, true))
  }

  @Test("are seen in the direction that is asked for", arguments: [-1.0, 1]) func mode(sign: Double) throws {
    for mode in PageHinkley.Mode.allCases {
      var hinkley = try PageHinkley(threshold: 5, mode: mode)
      #expect(try PageHinkley(decoding: hinkley.encoded()) == hinkley)
      // One step, and time to come to rest on it.
      let alarms = (0..<400).count { hinkley.add($0 < 200 ? 0 : sign) }
      #expect((alarms > 0) == (mode == .both || (mode == .up) == (sign > 0)), "\(mode) \(sign)")
    }
  }

  @Test("leave out what is not a number") func notFinite() throws {
    var window = try AdaptiveWindow()
    var hinkley = try PageHinkley()
    let alarms = [window.add(.nan), window.add(.infinity), hinkley.add(.nan)]
    #expect(alarms == [false, false, false] && window.width == 0)
    #expect(hinkley == (try PageHinkley()))
  }

  @Test("have states that refuse damage") func damage() throws {
    var window = try AdaptiveWindow()
    for i in 0..<100 { _ = window.add(Double(i % 7)) }
    let bytes = window.encoded()
    #expect(try AdaptiveWindow(decoding: bytes) == window)
    for count in 0..<bytes.count { #expect(throws: Problem.self) { try AdaptiveWindow(decoding: Array(bytes.prefix(count))) } }
    for place in stride(from: 4, to: bytes.count, by: 8) {
      var damaged = bytes
      damaged[place + 7] ^= 0x7F
      _ = try? AdaptiveWindow(decoding: damaged)
    }
    #expect(throws: Problem.self) { try PageHinkley(decoding: bytes) }
    #expect(throws: Problem.self) { try PageHinkley(decoding: PageHinkley().encoded() + [0]) }
  }

  @Test("refuse parameters out of range") func bad() {
    #expect(#expect(throws: Problem.self) { try AdaptiveWindow(confidence: 0) }?.path == "delta")
    #expect(#expect(throws: Problem.self) { try AdaptiveWindow(clock: 0) }?.path == "clock")
    #expect(#expect(throws: Problem.self) { try PageHinkley(threshold: -1) }?.path == "threshold")
    #expect(#expect(throws: Problem.self) { try PageHinkley(fading: 1.5) }?.path == "alpha")
  }
}
