extension Command {
  /// Every command, in the order that help lists them.
  static let all: [Command] = [
    serve, demo, .run, repl, scriptsPush, scriptsPull, scriptsWatch, scriptsList, scriptsShow, scriptsCheck, scriptsTest, scriptsRestore,
    scriptsDelete, stubs, examples, example, importing, export, cluster, drift, classify, score, compare, project, next, triggerList, triggerShow,
    triggerWhy,
    triggerExecute, triggerPause, triggerResume, triggerDelete, triggerExport, triggerSimulate, replay, maintenance, calendarSet, calendarList,
    calendarDelete, events, logs, webhookCreate, webhookList, webhookDeliveries, webhookRedeliver, webhookTest, webhookRotate, webhookDelete,
    syncAdd, syncList, syncRun, syncDelete, call, keyCreate, keyList, keyRevoke, version, help,
  ]

  /// Commands for our own scripts, which help does not list.
  private static let unlisted: [Command] = [benchClustering, benchInternal, benchLua, benchScheduler, fuzzLua, hostile]

  private static let byName = Dictionary(uniqueKeysWithValues: (all + unlisted).map { ($0.name, $0) })
  static func named(_ name: String) -> Command? { byName[name] }
}
