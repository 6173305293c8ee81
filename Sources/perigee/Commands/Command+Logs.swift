import Basics
import Store

extension Command {
  private static let logCount = 20

  static let logs = Command(
    name: "logs", summary: "Show what happened last, and with -f what happens as it happens",
    options: [
      Option("follow", letter: "f", "Go on with what happens, until Ctrl-C; over a restart of the server, too"),
      Option("count", letter: "n", value: "N", "The last so many; without it \(logCount)"),
      Option("type", value: "TYPES", "Only these: documents_added, trigger.*, custom.deployed, …"),
      Option("trigger", value: "ID", "Only what tells of this trigger"), Option("collection", value: "NAME", "Only what is about this collection"),
      Option.store, Option.namespace,
    ],
    examples: [
      Example("perigee logs -f", "watch what happens"), Example("perigee logs -n 100 --type \"trigger.*\"", "the last hundred of triggers"),
      Example("perigee logs -f --collection words | jq .document_ids", "one JSON object a line, for programs"),
    ],
    notes: """
      Fires of triggers and the ends of their runs are told while somebody listens; 'perigee trigger why' knows all of them.
      On a terminal each event is a line for people, otherwise a JSON object on a line.
      """
  ) { invocation throws(Problem) in
    let count = try invocation.int("count", in: 0...1000) ?? logCount
    var filter = JSONObject()
    if let types = invocation.text("type") { filter["event_types"] = .string(types) }
    if let trigger = invocation.text("trigger") { filter["trigger_id"] = .string(trigger) }
    if let collection = invocation.text("collection") { filter["collection_id"] = .string(collection) }
    let console = invocation.console
    var text = EventText(console.out)
    func show(_ event: JSON) {
      let isForPeople = console.out.isTerminal && !invocation.wantsJSON
      console.out.write(isForPeople ? Array((text.line(event) + "\n").utf8) : event.bytes + [0x0A])
    }
    func learnNames(_ connection: Connection) {
      guard console.out.isTerminal, let known = try? connection.call("list_collections", body: ["limit": 1000]) else { return }
      for item in known["results"]?.array ?? [] {
        if let id = item["collection_id"]?.string { text.names[id] = item["collection_name"]?.string }
      }
    }
    var query = filter
    query["tail"] = .int(count)
    guard invocation.has("follow") else {
      return try Connection.with(invocation) { connection throws(Problem) in
        learnNames(connection)
        if count > 0 { for event in try connection.call("list_events", query: query)["results"]?.array ?? [] { show(event) } }
        return .ok
      }
    }
    var last: Int64?
    var isWaiting = false
    while true {
      // Without a server, a connection would make this process the owner of the store.
      guard SQLiteLedger.owner(of: invocation.storePath)?["url"] != nil else {
        if last == nil {
          throw Problem(
            .unavailable, "no server is running on '\(invocation.storePath)', so nothing happens there",
            hint: "perigee serve --store \(invocation.storePath)")
        }
        pause(.milliseconds(500))
        continue
      }
      do throws(Problem) {
        try Connection.with(invocation) { connection throws(Problem) in
          learnNames(connection)
          try connection.follow(query) { event in
            if let id = event["collection_id"]?.string, !id.isEmpty, text.names[id] == nil {
              text.names[id] = event["payload"]?["collection_name"]?.string
            }
            show(event)
            isWaiting = false
            last = event["seq"]?.int ?? last
            return true
          }
        }
      } catch { guard error.kind == .unavailable, last != nil else { throw error } }
      if !isWaiting { console.say("the server has stopped; waiting for it") }
      isWaiting = true
      query = filter
      if let last { query["last_event_id"] = .int(last) } else { last = 0 }
      pause(.milliseconds(500))
    }
  }
}
