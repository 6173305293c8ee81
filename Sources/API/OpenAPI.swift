import Basics
import Engine
import HTTP
import Model

/// The OpenAPI 3.1 description, made from the table of operations and the models of their requests and answers.
enum OpenAPI {
  static func document(of operations: [Operation]) throws(Problem) -> JSON {
    let models = try WireModels.shared()
    var paths = JSONObject()
    for operation in operations {
      var item = paths[operation.path]?.object ?? JSONObject()
      item[operation.method.lowercased()] = describe(operation, models)
      paths[operation.path] = .object(item)
    }
    var schemas = models.reachable(from: [.object(paths)])
    schemas["ErrorResponse"] = errorResponse
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Perigee", "version": .string(Operation.apiVersion),
        "description": "Collections of vectors, clustered and watched on a machine of your own.",
      ],
      "paths": .object(paths),
      "components": ["securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]], "schemas": .object(schemas)],
    ]
  }

  private static let errorResponse: JSON = [
    "type": "object", "required": ["success", "status", "error"],
    "properties": [
      "success": ["const": false], "status": ["type": "integer"],
      "error": [
        "type": "object", "required": ["message", "type"],
        "properties": ["message": ["type": "string"], "type": ["type": "string"], "code": ["type": "string"], "details": ["type": "object"]],
      ],
      "detail": ["type": "array", "items": ["type": "object", "required": ["loc", "msg", "type"]]],
    ],
  ]

  private static func describe(_ operation: Operation, _ models: WireModels) -> JSON {
    let entry = models.entry(operation.method, operation.path)
    var result: JSONObject = [
      "operationId": .string(operation.name), "summary": .string(operation.summary), "tags": [.string(operation.tag)],
      "parameters": .array(parameters(of: operation)), "responses": responses(of: operation, entry),
    ]
    if let entry, let method = entry.sdk {
      result["x-sdk"] = .string(method)
      if let model = entry.request.flatMap(WireModels.name) { result["x-sdk-model"] = .string(model) }
    }
    if operation.scope != nil { result["security"] = [["bearer": []]] }
    if let scope = operation.scope { result["x-permission"] = .string(scope.rawValue) }
    if let names = operation.body {
      let schema = body(names, entry, models)
      var json: JSONObject = ["schema": schema]
      if let example = RequestExamples.body(of: operation.name) { json["example"] = example }
      var content: JSONObject = ["application/json": .object(json)]
      if operation.takesLines { content["application/x-ndjson"] = ["schema": ["type": "string"]] }
      result["requestBody"] = [
        "required": .bool(entry?.isRequestRequired ?? false && schema["required"] != nil), "content": .object(content),
      ]
    }
    return .object(result)
  }

  private static func parameters(of operation: Operation) -> [JSON] {
    var parameters: [JSON] = []
    for segment in operation.path.split(separator: "/") where segment.hasPrefix("{") {
      parameters.append([
        "name": .string(String(segment.dropFirst().dropLast())), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1],
      ])
    }
    for parameter in operation.query {
      var schema: JSONObject = ["type": .string(parameter.kind.rawValue)]
      switch parameter.name {
      case "limit", "page_size": (schema["minimum"], schema["maximum"]) = (1, 1000)
      case "page": (schema["minimum"], schema["maximum"]) = (1, 10_000)
      case "offset": (schema["minimum"], schema["maximum"]) = (0, operation.query.contains { $0.name == "page" } ? 10_000 : 1_000_000)
      default: break
      }
      parameters.append(["name": .string(parameter.name), "in": "query", "required": false, "schema": .object(schema)])
    }
    if operation.inNamespace {
      parameters.append([
        "name": "X-Namespace", "in": "header", "required": false, "schema": ["type": "string"], "description": "Namespace name or id",
      ])
    }
    return parameters
  }

  /// The fields that the table names, with the types that their model gives them; other fields are refused, unless the table has free ones (`…`).
  private static func body(_ names: [String], _ entry: WireModels.Entry?, _ models: WireModels) -> JSON {
    let model = entry?.request.flatMap(WireModels.name).flatMap(models.schema)
    let typed = model?["properties"]?.object ?? JSONObject()
    let isFree = names.contains { $0.hasPrefix("…") }
    var properties = JSONObject()
    for name in names where !name.hasPrefix("…") { properties[name] = typed[name] ?? [:] }
    // Where no body is needed, null is one that says nothing.
    let type: JSON = entry?.isRequestRequired ?? false ? "object" : ["object", "null"]
    var schema: JSONObject = ["type": type, "properties": .object(properties), "additionalProperties": .bool(isFree)]
    let required = (model?["required"]?.array ?? []).filter { $0.string.map(names.contains) ?? false }
    if !required.isEmpty { schema["required"] = .array(required) }
    return .object(schema)
  }

  private static func responses(of operation: Operation, _ entry: WireModels.Entry?) -> JSON {
    func content(_ schema: JSON) -> JSON { ["application/json": ["schema": schema]] }
    var result = JSONObject()
    let answer = entry?.response ?? [:]
    switch operation.answers {
    case .json:
      result["\(operation.success)"] = ["description": "Done", "content": content(answer)]
      // The official SDK takes no other success than this.
      if operation.success != 200 { result["200"] = ["description": "Done, for clients of the official SDK", "content": content(answer)] }
    case .accepted: result["202"] = ["description": "Begun; the answer says where to look for its end", "content": content(answer)]
    case .nothing: result["204"] = ["description": "Done"]
    case .jsonOrText(let type):
      result["200"] = ["description": "Done", "content": .object(["application/json": ["schema": answer], type: ["schema": ["type": "string"]]])]
    }
    for status in failures(of: operation) {
      result["\(status)"] = [
        "description": .string(Status.reason(status)), "content": content(["$ref": "#/components/schemas/ErrorResponse"]),
      ]
    }
    return .object(result)
  }

  /// What can go wrong: with any request, with one that needs a key, with one that has a body.
  private static func failures(of operation: Operation) -> [Int] {
    var statuses: Set<Int> = [400, 404, 405, 408, 422, 431, 500, 503, 507]
    if operation.scope != nil { statuses.formUnion([401, 403, 429]) }
    statuses.formUnion([413, 415])
    if operation.method != "GET" { statuses.insert(409) }
    return statuses.sorted()
  }
}
