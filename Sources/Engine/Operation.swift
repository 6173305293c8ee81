package import Basics
package import Model

/// One thing that can be asked of the host, with the words the API uses for it.
///
/// The table of these (`Operation.all`) gives the routes, the OpenAPI document, the command line's remote calls and what the Lua library
/// forwards, so they cannot disagree. `perform` is plain Swift on the caller's thread: reads go to the store's readers, writes wait for the
/// host's commit.
package struct Operation: Sendable {
  package struct Parameter: Sendable {
    package enum Kind: String, Sendable { case string, integer, boolean }
    package var name: String
    package var kind: Kind
    package init(_ name: String, _ kind: Kind) {
      self.name = name
      self.kind = kind
    }
    /// The value that a text stands for.
    package func read(_ text: String) throws(Problem) -> JSON {
      switch kind {
      case .string: return .string(text)
      case .integer:
        guard let number = Int64(text) else { throw Problem(.invalid, "'\(text)' is not an integer", hint: "For example \(name)=10", path: name) }
        return .int(number)
      case .boolean:
        guard let flag = ["true": true, "false": false, "1": true, "0": false][text.lowercased()] else {
          throw Problem(.invalid, "'\(text)' is not a boolean", hint: "Give true or false", path: name)
        }
        return .bool(flag)
      }
    }

    /// The paging parameters that most lists take.
    static let paging: [Parameter] = [
      Parameter("limit", .integer), Parameter("page_size", .integer), Parameter("offset", .integer), Parameter("page", .integer),
      Parameter("cursor", .string), Parameter("next_cursor", .string), Parameter("after", .string), Parameter("include_total", .boolean),
    ]
  }

  /// What a success of the operation looks like.
  package enum AnswerForm: Sendable {
    case json, accepted, nothing
    /// JSON, or on request a text of this media type.
    case jsonOrText(type: String)
  }

  package enum Answer: Sendable {
    case json(JSON)
    /// The same, where it follows from the path, the query, the body and the namespace's rows alone, and not from who asks: so it is the answer to
    /// others, too, until anybody writes, or until the time ends for which it is right.
    case kept(JSON, during: Range<Instant>? = nil)
    /// 202: begun, and told where to look for its end.
    case accepted(JSON)
    /// 204: done, nothing to say.
    case nothing
    /// What happens from now on, as it happens; only over HTTP.
    case events(EventSubscription)
    /// A text that is not JSON, with its media type: exports.
    case text(String, type: String)

    package var json: JSON? {
      switch self {
      case .json(let json), .kept(let json, _), .accepted(let json): json
      case .nothing, .events, .text: nil
      }
    }
  }

  /// The contract's name, e.g. `create_trigger`.
  package var name: String
  package var method: String
  /// `/v1/triggers/{trigger_id}`
  package var path: String
  package var summary: String
  package var tag: String
  /// What the key must allow; nil for operations that need no key.
  package var scope: APIKey.Scope?
  /// Whether it happens in one namespace, named by header, query or key.
  package var inNamespace: Bool
  /// The status of a success, where the contract says another than 200; clients generated from it are answered 200, since they drop a 201.
  package var success = 200
  package var answers = AnswerForm.json
  package var query: [Parameter]
  /// Whether the body may be JSON lines, each of them an item of the field `documents`.
  package var takesLines: Bool { name == "upsert_documents" || name == "upsert_namespace_documents" }
  /// Whether it looks into every namespace, or into one where a request names it.
  package var mayBeNarrowed: Bool { name == "list_all_batches" }
  /// Whether it reads, and nothing else, out of the store alone, and not for long: then all of it may see one snapshot.
  package let readsAtOnce: Bool
  /// What follows events, asks scripts, or looks through documents.
  private static let lasting: Set = [
    "stream_events", "explain_trigger", "replay_evaluation", "list_documents", "list_documents_get", "list_namespace_documents",
    "list_documents_batch", "count_documents",
  ]
  /// The body's field names, for the documentation; nil when there is no body.
  package var body: [String]?
  package var perform: @Sendable (Host, Call) throws(Problem) -> Answer

  init(
    _ name: String, _ method: String, _ path: String, _ summary: String, tag: String, scope: APIKey.Scope?, inNamespace: Bool = true,
    success: Int = 200, answers: AnswerForm = .json, query: [Parameter] = [], body: [String]? = nil,
    _ perform: @escaping @Sendable (Host, Call) throws(Problem) -> Answer
  ) {
    self.name = name
    self.method = method
    self.path = path
    self.summary = summary
    self.tag = tag
    // To delete is a permission of its own.
    self.scope = method == "DELETE" && scope == .write ? .delete : scope
    self.inNamespace = inNamespace
    self.success = success
    self.answers = answers
    self.query = query
    self.body = body
    self.perform = perform
    readsAtOnce = self.scope == .read && (method == "GET" || name.hasPrefix("list_")) && !Self.lasting.contains(name)
  }

  package static let all: [Operation] =
    systemOperations + namespaceOperations + collectionOperations + documentOperations + documentListOperations
    + documentChangeOperations + aggregateOperations + clusterOperations + clusterResultOperations
    + triggerOperations + decisionOperations
    + simulationOperations + bulkOperations + previewOperations + taskOperations + kvOperations + maintenanceOperations + eventOperations
    + taxonomyOperations + taxonomyNodeOperations + retrieverOperations + alertOperations + indexOperations + webhookOperations + keyOperations
    + clusterTriggerOperations
    + calendarOperations + scriptOperations + outboundOperations + bucketOperations + objectOperations + batchOperations
    + syncOperations

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  package static func named(_ name: String) -> Operation? { byName[name] }
}

/// Who asks.
package struct Caller: Sendable {
  /// The key's name, or what stands for it: `local`, `script`.
  package var name: String
  package var scopes: Set<APIKey.Scope>
  /// Namespaces that the caller may enter, as `APIKey.namespaces` says them; empty means all.
  package var namespaces: [String]
  /// The key; nil for those who need none.
  package var key: APIKey?

  package init(name: String, scopes: Set<APIKey.Scope>, namespaces: [String] = []) {
    self.name = name
    self.scopes = scopes
    self.namespaces = namespaces
  }

  package init(_ key: APIKey) {
    self.init(name: key.name, scopes: Set(key.scopes), namespaces: key.namespaces)
    self.key = key
  }

  /// Somebody with the store's file in their hands.
  package static let local = Caller(name: "local", scopes: Set(APIKey.Scope.allCases))

  package func may(_ scope: APIKey.Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
  package func opens(_ namespaceID: String) -> Bool {
    namespaces.isEmpty || namespaces.contains { $0.hasSuffix("*") ? namespaceID.hasPrefix($0.dropLast()) : $0 == namespaceID }
  }
  /// The one namespace that the caller may enter, if it is only one.
  package var onlyNamespace: String? { namespaces.count == 1 && namespaces[0].last != "*" ? namespaces[0] : nil }
}

/// A request in the host's words: who asks, where, and with what.
package struct Call: Sendable {
  package var caller: Caller
  /// Set for every operation with `inNamespace`.
  package var namespace: Namespace?
  /// The values of the path's `{parameters}`, decoded.
  package var path: [String: String]
  /// Typed by the operation's `query` list.
  package var query: JSONObject
  /// An empty object when there was no body.
  package var body: JSON
  /// The body's `documents`, where they were read on a way of their own; then `body` has null for them.
  package var documents: [IncomingDocument]?
  /// Whether the client knows only the contract's words: lists leave out for it what has others.
  package var isByContract = false
  /// Collects writes instead of committing them: hooks and actions of triggers, whose writes are committed with their outcome.
  var gathering: Gathering?
  /// How many scripts deep the call was made: a script may run a script, but not without end.
  var depth = 0

  package init(caller: Caller, namespace: Namespace? = nil, path: [String: String] = [:], query: JSONObject = JSONObject(), body: JSON = [:]) {
    self.caller = caller
    self.namespace = namespace
    self.path = path
    self.query = query
    self.body = body
  }

  /// The namespace; only operations with `inNamespace` may ask.
  func namespaceID() throws(Problem) -> String {
    guard let namespace else { throw Problem(.internal, "the operation was called without a namespace") }
    return namespace.id
  }

  func parameter(_ name: String) throws(Problem) -> String {
    guard let value = path[name] else { throw Problem(.internal, "the path parameter '\(name)' is missing") }
    return value
  }

  /// Query and body as one object. Where to page to, the query says before the body, since generated bodies always carry their defaults; of the
  /// rest the body goes first, and a switch is on when either says so.
  func listFields(accepting names: [String]) throws(Problem) -> Fields {
    let fields = try Fields(body, accepting: Page.names + names)
    var merged = fields.object
    for member in query.members {
      let given = fields[member.key]
      if given == nil || member.key != "include_total" && (Page.names.contains(member.key) || given == false) { merged[member.key] = member.value }
    }
    return try Fields(.object(merged))
  }
}
