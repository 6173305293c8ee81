import API
import Basics
import Engine
import HTTP
import Model
import TestSupport
import Testing

@Suite("The keys of users, over the API") struct KeyServiceTests {
  private static let path = "/v1/organizations/users/ann@example.com/api-keys"

  @Test("are made with their secret shown once, listed, changed, rotated and revoked", arguments: Transport.allCases)
  func life(transport: Transport) throws {
    let scenario = try Scenario(transport)
    let made = try scenario.send("POST", Self.path, ["name": "laptop", "permissions": ["read"], "expires_at": "2030-01-01T00:00:00Z"])
    let secret = try #require(made.json["key"]?.string, "\(made.text)")
    #expect(
      made.status == 200 && made.json["user_id"] == "ann@example.com" && made.json["permissions"] == ["read"] && made.json["status"] == "active")
    #expect(try scenario.send("POST", Self.path, ["name": "laptop"]).status == 409)
    let listed = try scenario.send("GET", Self.path)
    #expect(listed.json["total"] == 1 && !listed.text.contains(secret), "\(listed.text)")
    #expect(try scenario.send("GET", "/v1/organizations/users/bob@example.com/api-keys").json["total"] == 0)

    let changed = try scenario.send("PATCH", Self.path + "/laptop", ["name": "desk", "permissions": ["read", "write"]])
    #expect(
      changed.json["name"] == "desk" && changed.json["allows"] == ["read", "write", "execute", "scripts"] && changed.json["key"] == nil,
      "\(changed.text)")
    let rotated = try scenario.send("POST", Self.path + "/desk/rotate")
    let second = try #require(rotated.json["key"]?.string)
    #expect(rotated.json["key_id"] == made.json["key_id"] && second != secret)
    let admin = scenario.key
    scenario.key = secret
    #expect(try scenario.send("GET", "/v1/me").status == 401)
    scenario.key = second
    let me = try scenario.send("GET", "/v1/me")
    #expect(me.json["user_email"] == "ann@example.com" && me.json["key"]?["expires_at"] == "2030-01-01T00:00:00Z", "\(me.text)")
    #expect(try scenario.send("GET", Self.path).status == 403)
    scenario.key = admin
    #expect(try scenario.send("DELETE", Self.path + "/desk").json["success"] == true)
    #expect(try scenario.send("DELETE", Self.path + "/desk").status == 404)
    #expect(try scenario.send("GET", Self.path).json["total"] == 0)
    #expect(try scenario.send("GET", Self.path + "?include_revoked=true").json["results"]?.array?.first?["status"] == "revoked")
    scenario.key = second
    #expect(try scenario.send("GET", "/v1/me").status == 401)
  }

  @Test(
    "refuse what they cannot be",
    arguments: [
      (#"{}"#, "name"), (#"{"name": ""}"#, "name"), (#"{"name": "x", "permissions": ["reed"]}"#, "permissions[0]"),
      (#"{"name": "x", "permissions": []}"#, "permissions"), (#"{"name": "x", "expires_at": "2020-01-01T00:00:00Z"}"#, "expires_at"),
      (#"{"name": "x", "rate_limit_override": 0}"#, "rate_limit_override"), (#"{"name": "x", "principal_id": "p"}"#, "principal_id"),
      (#"{"name": "x", "scopes": [{"resource_type": "cluster", "resource_id": "c"}]}"#, "scopes[0].resource_type"),
      (#"{"name": "x", "scopes": [{"resource_type": "namespace", "resource_id": "nowhere"}]}"#, "scopes[0].resource_id"), (#"{"nam": "x"}"#, "nam"),
    ])
  func refused(body: String, path: String) throws {
    let scenario = try Scenario(.direct)
    let answer = try scenario.send("POST", Self.path, raw: body)
    #expect(answer.status == 422 && answer.json["error"]?["details"]?["path"]?.string == path, "\(answer.text)")
    #expect(try scenario.send("GET", Self.path).json["total"] == 0)
    #expect(try scenario.send("POST", "/v1/organizations/users/nobody/api-keys", ["name": "x"]).status == 422)
  }

  @Test("leave somebody who may administer")
  func lastAdministrator() throws {
    let scenario = try Scenario(.direct)
    let own = "/v1/organizations/users/\(APIKey.owner)/api-keys/admin"
    #expect(try scenario.send("DELETE", own).status == 409)
    #expect(try scenario.send("PATCH", own, ["permissions": ["read"]]).status == 409)
    _ = try scenario.send("POST", Self.path, ["name": "admin-key", "permissions": ["admin"]])
    #expect(try scenario.send("DELETE", Self.path + "/admin-key").status == 403)
    #expect(try scenario.send("PATCH", own, ["permissions": ["read"]]).status == 200)
    #expect(try scenario.send("GET", Self.path).status == 403)
  }

  /// Every operation, tried by a key that has every permission but the one that it needs; bodies and paths are empty and do not matter.
  @Test("are refused every operation that they do not allow", arguments: Operation.all.compactMap { $0.scope == nil ? nil : $0.name })
  func scopes(name: String) throws {
    let operation = try #require(Operation.named(name))
    let needed = try #require(operation.scope)
    if operation.method == "DELETE" { #expect(needed != .write, "to delete is a permission of its own") }
    let scenario = try Scenario(.direct)
    let path = operation.path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(separator: "/")
    scenario.key = try scenario.makeKey("others", scopes: APIKey.Scope.allCases.filter { $0 != needed && $0 != .admin })
    let answer = try scenario.send(operation.method, "/" + path)
    #expect(answer.status == 403 && answer.json["error"]?["message"]?.string?.contains("'\(needed.rawValue)'") == true, "\(answer.text)")
    scenario.key = nil
    #expect(try scenario.send(operation.method, "/" + path).status == 401)
  }

  @Test("open the namespaces they name, also by their beginning, and no others")
  func namespaces() throws {
    let scenario = try Scenario(.direct)
    for name in ["customer_a", "customer_b", "other"] {
      _ = try scenario.send("POST", "/v1/namespaces/standalone", ["namespace_id": .string(name)])
    }
    let scopes: JSON = [["resource_type": "namespace", "resource_id": "customer_*"]]
    let made = try scenario.send("POST", Self.path, ["name": "customers", "scopes": scopes])
    scenario.key = try #require(made.json["key"]?.string, "\(made.text)")
    #expect(try scenario.send("GET", "/v1/namespaces/customer_a").status == 200)
    #expect(try scenario.send("GET", "/v1/namespaces/other").status == 404)
    let stats = try scenario.send("POST", "/v1/namespaces/stats/batch", ["namespace_ids": ["customer_a", "customer_b", "other", "none"]])
    #expect(stats.json["stats"]?.object?.keys == ["customer_a", "customer_b"], "\(stats.text)")
  }
}
