extension Statement {
  /// The statements about events, what counts them, and webhooks; nil for the others.
  var eventsSQL: String? {
    switch self {
    case .insertEvent:
      """
      INSERT INTO events (seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth)
      VALUES ($seq, $namespace_id, $type, $collection_id, $count, $document_ids, $at, $payload, $depth)
      """
    case .deleteEventsOfNamespace: "DELETE FROM events WHERE namespace_id = $namespace_id"
    case .events:
      """
      SELECT seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth
      FROM events WHERE namespace_id = $namespace_id AND seq > $since AND type = COALESCE($type, type) AND collection_id =
      COALESCE($collection_id, collection_id)
      ORDER BY seq LIMIT $limit
      """
    case .eventsEverywhere:
      """
      SELECT seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth
      FROM events WHERE seq > $since AND type = COALESCE($type, type) AND collection_id = COALESCE($collection_id, collection_id)
      ORDER BY seq LIMIT $limit
      """
    case .highestSeq: "SELECT COALESCE(max(seq), 0) FROM events"
    case .eventsBetween:
      """
      SELECT seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth
      FROM events WHERE namespace_id = $namespace_id AND seq > $since AND at >= $from AND at < $to AND type = $type
        AND collection_id = COALESCE($collection_id, collection_id)
      ORDER BY seq LIMIT $limit
      """
    case .countEventsBetween:
      """
      SELECT COALESCE(sum(count), 0) FROM events WHERE namespace_id = $namespace_id AND at > $after AND at <= $through AND type = $type
        AND collection_id = COALESCE($collection_id, collection_id)
      """
    case .eventSizes: "SELECT seq, at, length(document_ids) FROM events WHERE seq < $before ORDER BY seq DESC LIMIT $limit"
    case .deleteEventPiece: "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq < $before ORDER BY seq LIMIT $limit)"
    case .lowestCursor:
      """
      SELECT min(seen) FROM (
        SELECT COALESCE(min(event_cursor), $otherwise) AS seen FROM triggers JOIN trigger_definitions USING (trigger_id)
        WHERE status = 'active' AND trigger_type = 'event' AND (schedule_config LIKE '%"filter%' OR schedule_config LIKE '%"dedupe_key":%')
        UNION ALL SELECT COALESCE(min(cursor), $otherwise) FROM webhooks WHERE is_active = 1) AS cursors
      """
    case .eventKeys: "SELECT key, seen_at FROM event_keys WHERE trigger_id = $trigger_id AND seen_at > $after"
    case .insertEventKey:
      """
      INSERT INTO event_keys (trigger_id, key, seen_at) VALUES ($trigger_id, $key, $seen_at)
      ON CONFLICT (trigger_id, key) DO UPDATE SET seen_at = excluded.seen_at
      """
    case .deleteOldEventKeys: "DELETE FROM event_keys WHERE trigger_id = $trigger_id AND seen_at <= $through"
    case .deleteEventKeysOfTrigger: "DELETE FROM event_keys WHERE trigger_id = $trigger_id"
    case .deleteEventKeysOfNamespace:
      "DELETE FROM event_keys WHERE trigger_id IN (SELECT trigger_id FROM triggers WHERE namespace_id = $namespace_id)"
    case .insertSnapshot:
      // The trigger may be gone by the time its task ends.
      """
      INSERT INTO baseline_snapshots (trigger_id, captured_at, snapshot)
      SELECT trigger_id, $captured_at, $snapshot FROM triggers WHERE trigger_id = $trigger_id
      ON CONFLICT (trigger_id) DO UPDATE SET captured_at = excluded.captured_at, snapshot = excluded.snapshot
      """
    case .deleteSnapshotOfTrigger: "DELETE FROM baseline_snapshots WHERE trigger_id = $trigger_id"
    case .deleteSnapshotsOfNamespace:
      """
      DELETE FROM baseline_snapshots WHERE trigger_id IN (SELECT trigger_id FROM triggers WHERE namespace_id = $namespace_id)
      """
    case .snapshot: "SELECT snapshot FROM baseline_snapshots WHERE trigger_id = $trigger_id AND captured_at = $captured_at"
    case .insertWebhook:
      """
      INSERT INTO webhooks (webhook_id, name, definition, is_active, cursor, next_attempt_at, health, created_at, updated_at)
      VALUES ($webhook_id, $name, $definition, $is_active, $cursor, NULL, $health, $created_at, $updated_at)
      """
    case .updateWebhook:
      """
      UPDATE webhooks SET name = $name, definition = $definition, is_active = $is_active, health = $health, updated_at = $updated_at
      WHERE webhook_id = $webhook_id
      """
    case .moveWebhook:
      """
      UPDATE webhooks SET cursor = $cursor, next_attempt_at = $next_attempt_at, health = $health WHERE webhook_id = $webhook_id
      """
    case .pauseWebhook: "UPDATE webhooks SET is_active = 0, next_attempt_at = NULL, updated_at = $updated_at WHERE webhook_id = $webhook_id"
    case .deleteWebhook: "DELETE FROM webhooks WHERE webhook_id = $webhook_id"
    case .webhook:
      """
      SELECT webhook_id, name, definition, is_active, cursor, next_attempt_at, health, created_at, updated_at
      FROM webhooks WHERE webhook_id = $identifier OR name = $identifier
      ORDER BY CASE WHEN webhook_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .webhooks:
      """
      SELECT webhook_id, name, definition, is_active, cursor, next_attempt_at, health, created_at, updated_at
      FROM webhooks ORDER BY created_at, webhook_id
      """
    case .putDelivery:
      // The webhook may be gone by the time an answer comes.
      """
      INSERT INTO webhook_deliveries (delivery_id, webhook_id, seq, namespace_id, event_type, message_id, channel, status, attempts, status_code,
        error, response, duration_ms, next_attempt_at, created_at, updated_at)
      SELECT $delivery_id, webhook_id, $seq, $namespace_id, $event_type, $message_id, $channel, $status, $attempts, $status_code,
        $error, $response, $duration_ms, $next_attempt_at, $created_at, $updated_at
      FROM webhooks WHERE webhook_id = $webhook_id
      ON CONFLICT (delivery_id) DO UPDATE SET status = excluded.status, attempts = excluded.attempts, status_code = excluded.status_code,
        error = excluded.error, response = excluded.response, duration_ms = excluded.duration_ms, next_attempt_at = excluded.next_attempt_at,
        updated_at = excluded.updated_at
      """
    case .hastenWebhook: "UPDATE webhooks SET next_attempt_at = NULL WHERE webhook_id = $webhook_id"
    case .hastenDeliveries:
      "UPDATE webhook_deliveries SET next_attempt_at = NULL WHERE webhook_id = $webhook_id AND next_attempt_at IS NOT NULL"
    case .deleteDeliveriesOfWebhook: "DELETE FROM webhook_deliveries WHERE webhook_id = $webhook_id"
    case .deleteOldDeliveries:
      """
      DELETE FROM webhook_deliveries WHERE webhook_id = $webhook_id AND status <> 'retrying' AND (updated_at < $before OR seq <= COALESCE(
        (SELECT seq FROM webhook_deliveries WHERE webhook_id = $webhook_id ORDER BY seq DESC, delivery_id LIMIT 1 OFFSET $keep), 0))
      """
    case .delivery:
      """
      SELECT delivery_id, webhook_id, seq, namespace_id, event_type, message_id, channel, status, attempts, status_code, error, response,
        duration_ms, next_attempt_at, created_at, updated_at
      FROM webhook_deliveries WHERE delivery_id = $delivery_id AND webhook_id = $webhook_id
      """
    case .deliveriesOfEvent:
      """
      SELECT delivery_id, webhook_id, seq, namespace_id, event_type, message_id, channel, status, attempts, status_code, error, response,
        duration_ms, next_attempt_at, created_at, updated_at
      FROM webhook_deliveries WHERE webhook_id = $webhook_id AND seq = $seq ORDER BY delivery_id
      """
    case .deliveries:
      """
      SELECT delivery_id, webhook_id, seq, namespace_id, event_type, message_id, channel, status, attempts, status_code, error, response,
        duration_ms, next_attempt_at, created_at, updated_at
      FROM webhook_deliveries WHERE webhook_id = $webhook_id AND status = COALESCE($status, status)
      ORDER BY seq DESC, delivery_id LIMIT $limit OFFSET $offset
      """
    case .countDeliveries: "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $webhook_id AND status = COALESCE($status, status)"
    case .event:
      "SELECT seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth FROM events WHERE seq = $seq"
    case .lastEvents:
      """
      SELECT seq, namespace_id, type, collection_id, count, document_ids, at, payload, depth
      FROM events WHERE namespace_id = $namespace_id AND collection_id = COALESCE($collection_id, collection_id) ORDER BY seq DESC LIMIT $limit
      """
    default: nil
    }
  }
}
