import Basics
import Engine

/// The OpenAPI 3.1 description, made from the table of operations.
enum OpenAPI {
  static func document(of operations: [Operation]) -> JSON {
    var paths = JSONObject()
    for operation in operations {
      var item = paths[operation.path]?.object ?? JSONObject()
      item[operation.method.lowercased()] = describe(operation)
      paths[operation.path] = .object(item)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Perigee", "version": .string(Operation.apiVersion),
        "description": "Collections of vectors, clustered and watched on a machine of your own.",
      ],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
        "schemas": [
          "ErrorResponse": [
            "type": "object", "required": ["success", "status", "error"],
            "properties": [
              "success": ["type": "boolean"], "status": ["type": "integer"],
              "error": [
                "type": "object", "required": ["message", "type"],
                "properties": ["message": ["type": "string"], "type": ["type": "string"], "code": ["type": "string"], "details": ["type": "object"]],
              ],
            ],
          ]
        ],
      ],
    ]
  }

  private static func describe(_ operation: Operation) -> JSON {
    var parameters: [JSON] = []
    for segment in operation.path.split(separator: "/") where segment.hasPrefix("{") {
      parameters.append(["name": .string(String(segment.dropFirst().dropLast())), "in": "path", "required": true, "schema": ["type": "string"]])
    }
    for parameter in operation.query {
      parameters.append(["name": .string(parameter.name), "in": "query", "required": false, "schema": ["type": .string(parameter.kind.rawValue)]])
    }
    if operation.inNamespace {
      parameters.append([
        "name": "X-Namespace", "in": "header", "required": false, "schema": ["type": "string"], "description": "Namespace name or id",
      ])
    }
    var result: JSONObject = [
      "operationId": .string(operation.name), "summary": .string(operation.summary), "tags": [.string(operation.tag)],
      "parameters": .array(parameters),
      "responses": [
        operation.method == "DELETE" && operation.name == "delete_trigger" ? "204" : "200": ["description": "Done"],
        "default": ["description": "What was wrong", "content": ["application/json": ["schema": ["$ref": "#/components/schemas/ErrorResponse"]]]],
      ],
    ]
    if operation.scope != nil { result["security"] = [["bearer": []]] }
    if let names = operation.body, !names.isEmpty {
      let properties = JSONObject(members: names.filter { !$0.hasPrefix("…") }.map { .init(key: $0, value: [:]) })
      result["requestBody"] = ["content": ["application/json": ["schema": ["type": "object", "properties": .object(properties)]]]]
    }
    return .object(result)
  }
}
