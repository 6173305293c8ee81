import Basics
import Glibc

extension Invocation {
  /// `--params` with `--seed` put into it.
  func algorithmParameters() throws(Problem) -> JSON {
    var parameters = try object("params")?.object ?? JSONObject()
    if let seed = try int("seed", in: 0...Int.max) { parameters["random_state"] = .int(seed) }
    return .object(parameters)
  }

  func threads() throws(Problem) -> Int { try int("threads", in: 1...256) ?? max(1, min(256, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
