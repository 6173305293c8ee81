import Basics
import Engine
import HTTP
import Model
import Store

extension Service {
  /// `GET /metrics`: the service, the scheduler, the store and the process, in the format that the scraper asks for.
  func metricsPage(_ request: Request) throws(Problem) -> Response {
    var text = MetricsText(MetricsText.Format(accept: request.headers["Accept"]))
    text.gauge("perigee_build_info", "The version that runs.", [([("version", Operation.hostVersion), ("api_version", Operation.apiVersion)], 1)])
    addRequests(to: &text)
    try addScheduler(to: &text)
    addProcess(to: &text)
    text.end()
    return .text(text.text, type: text.format.mediaType)
  }

  private func addRequests(to text: inout MetricsText) {
    let series = metrics.series
    text.counter(
      "perigee_http_requests_total", "Requests answered, by operation and status.",
      series.flatMap { operation, series in
        series.statuses.sorted { $0.key < $1.key }.map { ([("operation", operation), ("status", "\($0.key)")], Double($0.value)) }
      })
    text.histogram(
      "perigee_http_request_duration_seconds", "How long requests took, by operation.", bounds: Metrics.bounds,
      series.map { ([("operation", $0.operation)], $0.1.counts, $0.1.seconds) })
    text.gauge("perigee_http_requests_in_progress", "Requests being answered.", Double(metrics.requestsUnderWay))
    guard let statistics = serverStatistics else { return }
    text.gauge("perigee_http_connections", "Open connections.", Double(statistics.openConnections))
    text.counter("perigee_http_connections_accepted_total", "Connections taken in.", statistics.acceptedConnections)
    text.counter("perigee_http_connections_refused_total", "Connections turned away: too many at once.", statistics.refusedConnections)
    text.counter("perigee_http_rejected_total", "Requests that were no proper HTTP, or too large.", statistics.rejectedRequests)
    text.counter("perigee_http_timeouts_total", "Clients that took too long.", statistics.timeouts)
  }

  private func addScheduler(to text: inout MetricsText) throws(Problem) {
    let reading = host.meter.reading
    text.counter("perigee_commits_total", "Transactions of the store that wrote something.", reading.commits)
    text.counter("perigee_fires_total", "Due instants of triggers that were claimed.", reading.claims)
    text.counter(
      "perigee_tasks_ended_total", "Tasks that ended, by kind and status.",
      host.meter.endings.sorted { ($0.key.kind.rawValue, $0.key.status.rawValue) < ($1.key.kind.rawValue, $1.key.status.rawValue) }.map {
        ([("kind", $0.key.kind.rawValue), ("status", $0.key.status.rawValue)], Double($0.value))
      })
    let (triggers, tasks) = try host.read { reader throws(Problem) in (try reader.triggerCounts(), try reader.unfinishedTaskCounts()) }
    text.gauge("perigee_triggers", "Triggers, by status.", triggers.map { ([("status", $0.status)], Double($0.count)) })
    text.gauge("perigee_tasks_unfinished", "Tasks that wait or run.", tasks.map { ([("status", $0.status)], Double($0.count)) })
    text.gauge("perigee_store_healthy", "1 while the store takes writes.", host.meter.trouble == nil ? 1 : 0)
    text.gauge(
      "perigee_store_bytes", "Bytes of the store's files.",
      [("main", ""), ("log", "-wal")].map { ([("file", $0.0)], Double(StoreFile.size(host.configuration.path + $0.1))) })
  }

  private func addProcess(to text: inout MetricsText) {
    guard let usage = ProcessUsage.current() else { return }
    text.counter("process_cpu_seconds_total", "Processor time used.", [([], usage.cpuSeconds)])
    text.gauge("process_resident_memory_bytes", "Memory in use.", Double(usage.residentBytes))
    text.gauge("process_open_fds", "Open descriptors.", Double(usage.descriptors))
    text.gauge("process_start_time_seconds", "When the host began, in seconds since 1970.", Double(host.startedAt.milliseconds) / 1000)
  }
}
