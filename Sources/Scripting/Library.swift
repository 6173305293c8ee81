import CLua

/// Everything a script can call beside Lua's own functions: one list, from which the tables in Lua, the checks of rights, the
/// suggestions in errors and the editor's stubs are made, so that they cannot disagree.
package enum Library {
  package static let functions: [LibraryFunction] =
    documents + collections + namespaces + clusters + taxonomies + retrievers + alerts + buckets + batches + triggers + tasks + events + syncs
    + webhooks + scripts + kv + values + numbers
    + network
    + logging + surroundings + whole + context + trials

  /// The number of each function is its place in the list.
  static let names: [String] = functions.map(\.name)

  static func function(
    _ name: String, _ parameters: [String], _ returns: String?, _ right: LibraryFunction.Right, _ summary: String, form: Int32 = 0
  ) -> LibraryFunction {
    LibraryFunction(name: name, parameters: parameters.map { .init($0) }, returns: returns, summary: summary, right: right, form: form)
  }

  static let documents = [
    function("documents.get", ["collection: string", "id: string"], "table?", .read, "One document, or nil."),
    function(
      "documents.put", ["collection: string", "document: table"], "table", .write, "Stores a document; an existing one of the same id is replaced."),
    function("documents.upsert", ["collection: string", "documents: table[]"], "table", .write, "Stores many documents at once."),
    function("documents.patch", ["collection: string", "id: string", "changes: table"], "table", .write, "Sets some fields; the others stay."),
    function("documents.delete", ["collection: string", "id: string"], "boolean", .write, "Removes a document; false when there was none."),
    function("documents.count", ["collection: string", "filter?: table"], "integer", .read, "How many documents match."),
    function("documents.create", ["collection: string", "document: table"], "table", .write, "Stores a new document; an existing one is an error."),
    function("documents.delete_many", ["collection: string", "ids: table[]"], "table", .write, "Removes up to 1,000 documents by id."),
    function(
      "documents.distinct", ["collection: string", "field: string", "filter?: table"], "table[]", .read,
      "The values of a field with their counts, most frequent first: {{value=…, count=…}, …}."),
    function(
      "documents.aggregate", ["collection: string", "query: table"], "table[]", .read,
      "Counts, sums, means and extremes by group: {group_by=\"kind\", sum={\"n\"}, mean={…}, min={…}, max={…}, filter=…}."),
    function("documents.list", ["query: table"], "table", .read, "A page of documents: {collection, filter?, sort?, select?, limit?, cursor?}."),
    function(
      "documents.each", ["query: table"], "fun(): table?", .read,
      "Streams documents: for doc in documents.each{collection=…, filter=…, select=…, batch=500}.",
      form: Int32(CLUA_EACH)),
  ]

  private static let collections = [
    function("collections.create", ["definition: table"], "table", .write, "Makes a collection."),
    function("collections.get", ["collection: string"], "table?", .read, "A collection by id or name, or nil."),
    function("collections.list", ["query?: table"], "table[]", .read, "The collections of the namespace."),
    function(
      "collections.update", ["collection: string", "changes: table"], "table", .write, "Changes a collection's name, description or metadata."),
    function("collections.delete", ["collection: string"], "boolean", .write, "Removes a collection and its documents."),
  ]

  private static let namespaces = [
    function("namespaces.list", [], "table[]", .read, "The namespaces that the key may see."),
    function("namespaces.get", ["namespace: string"], "table?", .read, "A namespace by id or name, or nil."),
    function("namespaces.create", ["definition: table"], "table", .batch, "Makes a namespace."),
    function("namespaces.update", ["namespace: string", "changes: table"], "table", .batch, "Changes a namespace."),
    function("namespaces.stats", ["namespace: string"], "table", .read, "How many collections and documents it has."),
    function("namespaces.ensure_indexes", ["namespace: string"], "table", .batch, "Builds the indexes that the namespace declares."),
    function("namespaces.delete", ["namespace: string"], "boolean", .batch, "Removes a namespace and everything in it."),
  ]

  private static let clusters = [
    function("clusters.create", ["definition: table"], "table", .write, "Defines a clustering of a collection."),
    function("clusters.get", ["cluster: string"], "table?", .read, "A clustering by id, or nil."),
    function("clusters.list", ["query?: table"], "table[]", .read, "The clusterings of the namespace."),
    function("clusters.update", ["cluster: string", "changes: table"], "table", .write, "Changes a clustering's name, filters or parameters."),
    function("clusters.delete", ["cluster: string"], "boolean", .write, "Removes a clustering with its runs."),
    function("clusters.latest", ["cluster: string"], "table?", .read, "The latest run, or nil."),
    function("clusters.cancel", ["cluster: string", "run_id: string"], "table", .write, "Stops a run."),
    function("clusters.execute", ["cluster: string", "options?: table"], "table", .write, "Starts a run and gives its task."),
    function("clusters.executions", ["cluster: string", "query?: table"], "table[]", .read, "The runs so far, newest first."),
    function("clusters.groups", ["cluster: string", "run_id?: string"], "table[]", .read, "The groups that a run found; the last run's by default."),
  ]

  private static let buckets = [
    function("buckets.create", ["definition: table"], "table", .write, "Makes a bucket for objects."),
    function("buckets.get", ["bucket: string"], "table?", .read, "A bucket by id or name, or nil."),
    function("buckets.list", ["query?: table"], "table[]", .read, "The buckets of the namespace."),
    function("buckets.delete", ["bucket: string"], "boolean", .write, "Removes a bucket and its objects."),
    function("buckets.put", ["bucket: string", "object: table"], "table", .write, "Stores an object."),
    function("buckets.upload", ["bucket: string", "objects: table[]"], "table", .write, "Stores up to 100 objects, each on its own."),
    function("buckets.object", ["bucket: string", "id: string"], "table?", .read, "One object, or nil."),
    function(
      "buckets.objects", ["bucket: string", "query?: table"], "table[]", .read, "A page of objects: {filters?, sort?, search?, limit?, cursor?}."),
  ]

  private static let batches = [
    function("batches.create", ["bucket: string", "definition: table"], "table", .write, "Groups objects: {object_ids | filters, collection_ids?}."),
    function("batches.get", ["batch: string"], "table?", .read, "A batch by id, or nil."),
    function("batches.list", ["query?: table"], "table[]", .read, "Batches, newest first."),
    function("batches.submit", ["bucket: string", "batch: string"], "table", .write, "Runs a draft and gives its task."),
    function("batches.retry", ["bucket: string", "batch: string", "options?: table"], "table", .write, "Runs what failed once more."),
    function("batches.resubmit", ["bucket: string", "batch: string"], "table", .write, "Runs a finished batch once more."),
    function("batches.cancel", ["batch: string"], "table", .write, "Stops a batch and gives its task."),
    function("batches.process", ["collection: string", "options?: table"], "table", .write, "Processes a collection from its sources, in a batch."),
  ]

  private static let taxonomies = [
    function("taxonomies.create", ["definition: table"], "table", .write, "Defines a taxonomy over collections that hold its nodes."),
    function("taxonomies.get", ["taxonomy: string"], "table?", .read, "A taxonomy by id or name, or nil."),
    function("taxonomies.list", ["query?: table"], "table[]", .read, "The taxonomies of the namespace."),
    function("taxonomies.delete", ["taxonomy: string"], "boolean", .write, "Removes a taxonomy; what documents got from it stays."),
    function(
      "taxonomies.apply", ["collection: string", "options: table"], "table", .write, "Starts an enrichment: {taxonomy_id=…, incremental=true}."),
    function("taxonomies.classify", ["taxonomy: string", "sample: table"], "table", .read, "Tries up to 5 documents: {source_documents={…}}."),
  ]

  private static let retrievers = [
    function(
      "retrievers.create", ["definition: table"], "table", .write, "Keeps a search: {retriever_name=…, collection_identifiers={…}, stages={…}}."),
    function("retrievers.get", ["retriever: string"], "table?", .read, "A retriever by id or name, or nil."),
    function("retrievers.list", ["query?: table"], "table[]", .read, "The retrievers of the namespace."),
    function("retrievers.update", ["retriever: string", "changes: table"], "table", .write, "Changes a retriever; it becomes its next version."),
    function("retrievers.delete", ["retriever: string"], "boolean", .write, "Removes a retriever with its executions."),
    function(
      "retrievers.execute", ["retriever: string", "options?: table"], "table", .read,
      "Finds documents: {inputs={query=…}, filters=…, limit=…} gives {documents={…}, …}."),
    function("retrievers.executions", ["retriever: string", "query?: table"], "table[]", .read, "Past executions, newest first."),
  ]

  private static let alerts = [
    function(
      "alerts.create", ["definition: table"], "table", .write, "Watches what a retriever finds: {name=…, retriever_id=…, notification_config=…}."),
    function("alerts.get", ["alert: string"], "table?", .read, "An alert by id or name, or nil."),
    function("alerts.list", ["query?: table"], "table[]", .read, "The alerts of the namespace."),
    function("alerts.update", ["alert: string", "changes: table"], "table", .write, "Changes an alert."),
    function("alerts.delete", ["alert: string"], "boolean", .write, "Removes an alert, and takes it from its collections."),
    function("alerts.latest", ["alert: string"], "table?", .read, "What the alert saw last, or nil."),
    function("alerts.executions", ["alert: string"], "table[]", .read, "What the alert saw, newest first."),
  ]

  private static let triggers = [
    function("triggers.create", ["definition: table"], "table", .write, "Makes a trigger."),
    function("triggers.get", ["trigger: string"], "table?", .read, "A trigger by id, or nil."),
    function("triggers.list", ["query?: table"], "table[]", .read, "The triggers of the namespace."),
    function("triggers.update", ["trigger: string", "changes: table"], "table", .write, "Changes a trigger."),
    function("triggers.delete", ["trigger: string"], "boolean", .write, "Removes a trigger."),
    function(
      "triggers.pause", ["trigger: string", "options?: table"], "table", .write,
      "Keeps a trigger from firing until it is resumed, or until a moment: {note=…, until=…}."),
    function("triggers.resume", ["trigger: string"], "table", .write, "Lets a paused trigger fire again."),
    function("triggers.execute", ["trigger: string"], "table", .write, "Fires a trigger now and gives its task."),
    function("triggers.history", ["trigger: string", "query?: table"], "table[]", .read, "The executions of a trigger, newest first."),
    function("triggers.explain", ["trigger: string", "at?: string"], "table", .read, "Why it fired or did not, now or at a moment (RFC 3339)."),
    function("triggers.preview", ["definition: table"], "table", .read, "What a trigger or a cron expression would do; nothing is stored."),
    function("triggers.simulate", ["definition: table"], "table", .read, "Runs a trigger over a span of the past or the future; nothing is stored."),
    function("triggers.bulk", ["change: table"], "table", .write, "One action for many triggers: {action=…, filter={…}, dry_run=true}."),
    function("triggers.evaluation", ["evaluation: string"], "table?", .read, "One decision with all that is recorded of it."),
    function("triggers.replay", ["evaluation: string"], "table", .read, "Decides again from what was recorded, and compares."),
    function("triggers.evaluations", ["trigger: string", "query?: table"], "table[]", .read, "The decisions of a trigger, with their reasons."),
    function(
      "triggers.wait", ["trigger: string", "options?: table"], "table", .batch,
      "Waits until a trigger has decided, and gives the decision: {seconds=…, since=…, outcome=\"fired\"}."),
  ]

  private static let tasks = [
    function("tasks.get", ["task: string"], "table?", .read, "A task by id, or nil."),
    function("tasks.list", ["query?: table"], "table[]", .read, "Tasks, newest first."),
    function("tasks.cancel", ["task: string"], "table", .write, "Cancels a task."),
    function("tasks.wait", ["task: string", "seconds?: number"], "table", .batch, "Waits until a task has ended, or the time is over."),
  ]

  private static let events = [
    function(
      "events.emit", ["event_type: string", "payload?: table", "collection?: string"], "table", .write,
      "Reports an event of your own, as custom.deployed; triggers may listen."),
    function("events.list", ["query?: table"], "table[]", .read, "What has happened: {since?, tail?, event_types?, collection_id?, limit?}."),
  ]

  private static let syncs = [
    function("syncs.create", ["bucket: string", "definition: table"], "table", .batch, "Lets a bucket follow a folder: {source_path=…}."),
    function("syncs.list", ["bucket: string"], "table[]", .read, "The folders that a bucket follows, with how they fare."),
    function("syncs.run", ["bucket: string", "sync: string"], "table", .batch, "Looks through a folder now and gives the job."),
    function("syncs.delete", ["bucket: string", "sync: string"], "table", .batch, "Stops following a folder; the objects stay."),
  ]

  private static let webhooks = [
    function("webhooks.create", ["definition: table"], "table", .batch, "Sends what happens to an address outside; gives the secret this once."),
    function("webhooks.get", ["webhook: string"], "table?", .batch, "A webhook by id or name, or nil."),
    function("webhooks.list", ["query?: table"], "table[]", .batch, "The webhooks of this server."),
    function("webhooks.deliveries", ["webhook: string", "query?: table"], "table[]", .batch, "What was sent, newest first, and what came of it."),
    function("webhooks.delete", ["webhook: string"], "boolean", .batch, "Removes a webhook."),
  ]

  private static let scripts = [
    function("scripts.list", ["query?: table"], "table[]", .read, "The stored scripts of the namespace."),
    function("scripts.get", ["script: string", "version?: number"], "table?", .read, "A stored script with its source, or nil."),
    function("scripts.create", ["definition: table"], "table", .batch, "Stores a script: {name=…, kind=…, source=…, tests=…}."),
    function("scripts.put", ["script: string", "definition: table"], "table", .batch, "Makes a new version; it becomes active when its tests pass."),
    function("scripts.versions", ["script: string"], "table[]", .read, "The versions of a script, newest first."),
    function("scripts.restore", ["script: string", "version: number"], "table", .batch, "Makes an old version the active one."),
    function("scripts.delete", ["script: string"], "boolean", .batch, "Removes a script with its versions."),
    function("scripts.run", ["script: string", "options?: table"], "table", .batch, "Runs a stored script and gives what it answered."),
    function("scripts.test", ["script: string"], "table", .batch, "Runs a script's tests and gives their report."),
  ]

  private static let kv = [
    function("kv.get", ["key: string"], "any", .read, "The value of a key, or nil."),
    function("kv.set", ["key: string", "value: any", "options?: {ttl?: number}"], nil, .write, "Sets a key; ttl is in seconds."),
    function("kv.incr", ["key: string", "by?: number"], "number", .write, "Adds to a number, 0 at first, and gives the sum."),
    function("kv.delete", ["key: string"], "boolean", .write, "Removes a key; false when there was none."),
  ]

  private static let values = [
    function("json.encode", ["value: any"], "string", .none, "JSON text; members in the order of their names.", form: Int32(CLUA_JSON_ENCODE)),
    function("json.decode", ["text: string"], "any", .none, "The value of JSON text; null becomes json.null.", form: Int32(CLUA_JSON_DECODE)),
    function("json.array", ["table?: table"], "table", .none, "Marks a table as an array, also when it is empty.", form: Int32(CLUA_JSON_ARRAY)),
    function("json.null", [], "lightuserdata", .none, "The value that stands for JSON's null.", form: Int32(CLUA_JSON_NULL)),
  ]

  private static let logging =
    ["debug", "info", "warn", "error"].map {
      function("log." + $0, ["...: any"], nil, .none, "Writes a line of level \($0) to the run's log.", form: Int32(CLUA_TEXT))
    } + [function("print", ["...: any"], nil, .none, "Writes a line to the run's output.", form: Int32(CLUA_TEXT))]

  private static let surroundings = [
    function("time.now", [], "number", .none, "Seconds since 1970 in UTC."),
    function("time.parse", ["text: string"], "number?", .none, "Seconds since 1970 of an RFC 3339 text, or nil when it is none."),
    function("time.format", ["seconds: number", "zone?: string"], "string", .none, "RFC 3339 text of a time; in UTC unless a zone is named."),
    function("cron.next", ["expression: string", "after?: number", "zone?: string"], "number?", .none, "When a cron expression fires next."),
    function("time.cron_next", ["expression: string", "after?: number", "zone?: string"], "number?", .none, "When a cron expression fires next."),
    function("uuid", [], "string", .none, "A new random identifier."),
    function("progress", ["done: number", "total?: number", "text?: string"], nil, .batch, "Shows how far a batch script is."),
    function("sleep", ["seconds: number"], nil, .batch, "Waits."),
  ]

  private static let network = [
    function("http.get", ["url: string", "options?: table"], "table", .write, "Fetches from an allowed address: {status, headers, body}."),
    function(
      "http.post", ["url: string", "body: any", "options?: table"], "table", .write,
      "Sends to an allowed address; a table goes as JSON: {status, headers, body}."),
  ]

  /// What spans the library instead of belonging to a part of it.
  private static let whole = [
    function(
      "call", ["operation: string", "arguments?: table"], "table", .batch,
      "Any operation of the API by its name, with path parameters, query and body in one table."),
    function(
      "transaction", ["work: fun()"], "any", .batch, "Commits all that the function writes at once, or nothing when it fails.",
      form: Int32(CLUA_TRANSACTION)),
    function("require", ["name: string"], "any", .read, "A module of the namespace; it cannot be changed.", form: Int32(CLUA_REQUIRE)),
  ]

  private static let trials = [
    function(
      "test", ["name: string", "body: fun(t: perigee.test)"], nil, .test, "A test, with a store and a clock of its own.", form: Int32(CLUA_TEST)),
    function(
      "t.documents", ["collection: string", "documents: table[]"], "table", .test, "Stores documents; makes the collection when there is none.",
      form: Int32(CLUA_METHOD)),
    function(
      "t.emit", ["event_type: string", "payload?: table"], "table", .test, "Reports an event, and waits for what it starts.",
      form: Int32(CLUA_METHOD)),
    function(
      "t.advance", ["time: string"], nil, .test, "Moves the clock by \"90s\", \"2h\", \"1d\", and waits for what became due.",
      form: Int32(CLUA_METHOD)),
    function("t.now", [], "number", .test, "Seconds since 1970 by the test's clock.", form: Int32(CLUA_METHOD)),
    function(
      "t.run", ["options?: table"], "perigee.run", .test,
      "Runs the script under test: {ctx=…, state=…, event=…, result=…, entry=…, script=…}.", form: Int32(CLUA_METHOD)),
    function("t.ok", ["value: any", "what?: string"], nil, .test, "Fails unless the value is true.", form: Int32(CLUA_METHOD)),
    function(
      "t.equal", ["actual: any", "expected: any", "what?: string"], nil, .test, "Fails unless both are equal, and shows where they differ.",
      form: Int32(CLUA_METHOD)),
    function(
      "t.near", ["actual: number", "expected: number", "tolerance?: number"], nil, .test, "Fails unless two numbers are close.",
      form: Int32(CLUA_METHOD)),
  ]

  private static let context = [
    function("ctx.count", ["collection: string", "filter?: table"], "integer", .read, "How many documents match.", form: Int32(CLUA_METHOD)),
    function("ctx.metric", ["name: string"], "number?", .read, "A metric by name, such as cosine_drift.", form: Int32(CLUA_METHOD)),
    function("ctx.drift", ["options: table"], "table", .read, "Drift since the baseline: {metric=…, collection=…}.", form: Int32(CLUA_METHOD)),
    function("ctx.events", ["options?: table"], "table[]", .read, "Events since a cursor: {since=ctx.cursor, limit=…}.", form: Int32(CLUA_METHOD)),
    function("ctx.explain", ["key: string", "value: any"], nil, .none, "Keeps a value with the evaluation.", form: Int32(CLUA_METHOD)),
    function("ctx.log", ["...: any"], nil, .none, "Writes a line to the run's log.", form: Int32(CLUA_TEXT)),
  ]
}
