import Basics
import HTTP
import Testing

@Suite("Router") struct RouterTests {
  private static let routes = [
    ("GET", "/"), ("GET", "/v1/triggers"), ("POST", "/v1/triggers"), ("POST", "/v1/triggers/list"), ("GET", "/v1/triggers/{trigger_id}"),
    ("PATCH", "/v1/triggers/{trigger_id}"), ("POST", "/v1/triggers/{trigger_id}/pause"), ("GET", "/v1/triggers/{trigger_id}/history"),
    ("GET", "/v1/clusters/{cluster_id}/executions/{run_id}"), ("GET", "/v1/clusters/{id}/executions/latest"), ("GET", "/v1/{kind}/list/special"),
  ]
  private static let router: Router = {
    var router = Router()
    for (place, (method, pattern)) in routes.enumerated() { router.add(method, pattern, place) }
    return router
  }()

  private func found(_ method: String, _ path: String) throws -> String {
    switch Self.router.match(method, try Request(method, path).segments) {
    case .found(let place, let values):
      "\(Self.routes[place].0) \(Self.routes[place].1) \(values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })"
    case .methodNotAllowed(let methods): "405 \(methods)"
    case .notFound(let nearest): "404 \(nearest ?? "-")"
    }
  }

  @Test(
    "finds routes, literals first, and names what is wrong otherwise",
    arguments: [
      ("GET", "/", "GET / []"), ("GET", "/v1/triggers", "GET /v1/triggers []"), ("GET", "/v1/triggers/", "GET /v1/triggers []"),
      ("HEAD", "/v1/triggers", "GET /v1/triggers []"), ("POST", "/v1/triggers/list", "POST /v1/triggers/list []"),
      ("GET", "/v1/triggers/trg_1", #"GET /v1/triggers/{trigger_id} ["trigger_id=trg_1"]"#),
      ("GET", "/v1/triggers/list", #"GET /v1/triggers/{trigger_id} ["trigger_id=list"]"#),
      ("GET", "/v1/triggers/a%2Fb/history", #"GET /v1/triggers/{trigger_id}/history ["trigger_id=a/b"]"#),
      ("GET", "/v1/clusters/c/executions/r", #"GET /v1/clusters/{cluster_id}/executions/{run_id} ["cluster_id=c", "run_id=r"]"#),
      ("GET", "/v1/clusters/c/executions/latest", #"GET /v1/clusters/{id}/executions/latest ["id=c"]"#),
      ("GET", "/v1/triggers/list/special", #"GET /v1/{kind}/list/special ["kind=triggers"]"#),
      ("DELETE", "/v1/triggers", #"405 ["GET", "HEAD", "POST"]"#), ("PUT", "/v1/triggers/list", #"405 ["GET", "HEAD", "PATCH", "POST"]"#),
      ("GET", "/v1/triggers/x/pause", #"405 ["POST"]"#), ("GET", "/v1/triggerz", "404 /v1/triggers"),
      ("GET", "/v1/trigger/trg_1", "404 /v1/triggers/trg_1"),
      ("GET", "/triggers", "404 /v1/triggers"), ("GET", "/triggers/x/histroy", "404 /v1/triggers/x/history"), ("GET", "/completely/else", "404 -"),
      ("GET", "/v1//triggers", "404 -"), ("GET", "/v1/triggers//history", "404 -"), ("GET", "/v1", "404 -"),
    ])
  func table(method: String, path: String, expected: String) throws {
    #expect(try found(method, path) == expected)
  }
}
