extension Command {
  /// Every command, in the order that help lists them.
  static let all: [Command] = [
    serve, demo, .run, repl, importing, export, cluster, next, triggerList, triggerShow, triggerWhy, triggerExecute, triggerPause, triggerResume,
    triggerDelete, triggerExport, triggerSimulate, replay, maintenance, calendarSet, calendarList, calendarDelete,
    events, keyCreate,
    keyList, keyRevoke, version, help,
  ]

  /// Commands for our own scripts, which help does not list.
  private static let unlisted: [Command] = [benchInternal, benchScheduler, hostile]

  private static let byName = Dictionary(uniqueKeysWithValues: (all + unlisted).map { ($0.name, $0) })
  static func named(_ name: String) -> Command? { byName[name] }
}
