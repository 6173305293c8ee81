/// Every statement that is written down in advance, by name: compiled once per connection, its `$name` parameters bound by name.
///
/// The texts keep to what SQLite and PostgreSQL share; a test looks for words that they do not. What cannot be written in advance is
/// composed from fixed pieces: filters and orders over documents' fields (`FilterSQL`, `DocumentQuery`), the sort orders of triggers.
package enum Statement: Int, CaseIterable, Sendable {
  // Owners
  case takeShard, guardEpoch
  // Namespaces
  case insertNamespace, updateNamespace, deleteNamespace, namespace, namespaces, countNamespaces, taskLimits, namespaceCounts
  // Keys
  case insertKey, updateKey, revokeKey, keyByHash, keys
  // Collections
  case insertCollection, insertVectorIndex, updateCollection, adjustDocumentCount, recountDocuments, deleteCollection, deleteVectorIndexes
  case deleteCollectionsOfNamespace, deleteVectorIndexesOfNamespace, collection, collections, countCollections, collectionIDs
  case vectorIndexes, documentCount, namespaceOfCollection
  // Documents and their vectors
  case insertDocument, updateDocument, deleteDocument, insertVector, putVector, deleteVectorsOfDocument, deleteVectorPiece
  case deleteDocumentPiece, deleteDocumentsOfCollection, deleteVectorsOfCollection, deleteVectorsOfNamespace, deleteDocumentsOfNamespace
  case documentAt, document, documentIDs, documentAnywhere, documentExists, documentBody, vector, countVectors, highestPosition
  // Clusters and their runs
  case insertCluster, updateCluster, deleteCluster, deleteClustersOfNamespace, cluster, clusters, countClusters, insertRun, updateRun
  case putMembers, members, deleteMembersBut, deleteMembersOfCluster, deleteMembersOfNamespace
  case pointClusterAtRun, deleteRun, deleteRunsOfCluster, deleteRunsOfNamespace, run, runs, countRuns
  // Triggers
  case chainTrigger, resumeTrigger, insertTrigger, updateTrigger, claimTrigger, countEvents, rescheduleTrigger, settleTrigger, turnTrigger
  case rememberTrigger, noteRunOfTrigger, deleteTrigger, deleteTriggersOfNamespace
  case trigger, triggerState, activeTriggers, wakingTriggers, triggerCounts
  case countBucket, takeBucket, deleteEmptyBuckets, deleteBucketsOfTrigger, deleteBucketsOfNamespace, buckets
  // Tasks
  case insertTask, startTask, finishTask, repeatTask, reportTask, deleteTasksOfNamespace, task, tasks, countTasks, unfinishedTasks,
    unfinishedTaskCounts
  // Evaluations
  case insertEvaluation, coalesceEvaluation, deleteEvaluationsOfTrigger, deleteEvaluationsOfNamespace, evaluations, countEvaluations
  case evaluation, evaluationOfTask, evaluationFrom, evaluationBefore, lastFired, evaluationsInOrder, evaluationSizes, deleteEvaluation
  // Events
  case insertEvent, deleteEventsOfNamespace, events, eventsEverywhere, highestSeq
  case eventsBetween, countEventsBetween, eventSizes, deleteEventPiece, lowestCursor
  case eventKeys, insertEventKey, deleteOldEventKeys, deleteEventKeysOfTrigger, deleteEventKeysOfNamespace
  case insertSnapshot, deleteSnapshotOfTrigger, deleteSnapshotsOfNamespace, snapshot
  case event, lastEvents
  // Webhooks and their deliveries
  case insertWebhook, updateWebhook, moveWebhook, pauseWebhook, deleteWebhook, webhook, webhooks
  case hastenWebhook, hastenDeliveries, putDelivery, deleteDeliveriesOfWebhook, deleteOldDeliveries, delivery, deliveriesOfEvent, deliveries,
    countDeliveries
  // Syncs of buckets with folders
  case insertSync, updateSync, noteSync, deleteSync, deleteSyncsOfBucket, deleteSyncsOfNamespace, sync, syncs
  case putSyncFile, deleteSyncFile, deleteSyncFiles, deleteSyncFilesOfBucket, deleteSyncFilesOfNamespace, syncFiles, failedSyncFiles
  case countFailedSyncFiles, putSyncObject, markSyncObject, deleteSyncObject, deleteSyncObjects, deleteSyncObjectsOfBucket
  case deleteSyncObjectsOfNamespace, oldSyncObjects, pendingSyncObjects
  case putSyncJob, deleteSyncJobs, deleteSyncJobsOfBucket, deleteSyncJobsOfNamespace, deleteOldSyncJobs, syncJob, syncJobs, countSyncJobs
  // Calendars
  case putCalendar, deleteCalendar, deleteCalendarsOfNamespace, calendar, calendars
  // What has happened to a trigger
  case recordedFires, countUnfinished
  // Writes that are done once
  case insertIdempotentWrite, deleteOldIdempotentWrites, deleteIdempotentWritesOfNamespace, idempotentWrite
  // Keys and values of scripts
  case setValue, incrementValue, deleteValue, deleteExpiredValues, deleteValuesOfNamespace, value, values
  // Buckets and their objects
  case insertBucket, updateBucket, adjustBucket, deleteBucket, deleteBucketStoresOfNamespace, bucket, bucketStores, countBuckets
  case insertObject, updateObject, markObject, recountFailedObjects, deleteObject, deleteObjectsOfBucket, deleteObjectsOfNamespace
  case object, objectByUniqueKey, objectByIdempotency, objectByHash, objectsAfter, objectIDsAfter
  // Batches
  case insertBatch, updateBatch, claimBatch, moveBatch, finishBatch, deleteBatch, deleteBatchesOfNamespace, batch, batches, countBatches
  case lastBatchOfCollection, batchOfTask
  case insertMember, markMember, resetMembers, resetFailedMembers, deleteMembers, deleteBatchMembersOfNamespace, pendingMembers, failedMembers
  case countMembers, memberIDs, membersAfter
  // What extractors have learnt
  case putWordCounts, deleteWordCounts, deleteWordCountsOfNamespace, wordCounts
  // Tasks on their way
  case noteTask
  // Scripts and their versions
  case insertScript, updateScript, deleteScript, deleteScriptVersions, insertScriptVersion, deleteScriptsOfNamespace, deleteScriptVersionsOfNamespace
  case script, scripts, countScripts, scriptVersion, scriptVersions
  // Taxonomies and their versions
  case insertTaxonomy, updateTaxonomy, insertTaxonomyVersion, deleteTaxonomy, deleteTaxonomyVersions, deleteTaxonomiesOfNamespace
  case deleteTaxonomyVersionsOfNamespace, taxonomy, taxonomies, countTaxonomies, taxonomyVersions
  // Retrievers and their executions
  case insertRetriever, updateRetriever, deleteRetriever, deleteRetrieversOfNamespace, retriever, retrievers, countRetrievers
  case insertRetrieval, deleteRetrievalsOfRetriever, deleteRetrievalsOfNamespace, deleteOldRetrievals, retrieval, retrievals, countRetrievals
  // Alerts, where they look, and what they saw
  case insertAlert, updateAlert, fireAlert, deleteAlert, deleteAlertsOfNamespace, alert, alerts, countAlerts
  case insertAlertExecution, deleteExecutionsOfAlert, deleteAlertExecutionsOfNamespace, deleteOldAlertExecutions, alertExecution, alertExecutions
  case countAlertExecutions
  case putApplication, moveApplication, deleteApplication, deleteApplicationsOfAlert, deleteApplicationsOfCollection
  case deleteApplicationsOfNamespace, application, applicationsOfCollection, applicationsOfAlert
  // Indexes of documents' fields
  case insertPayloadIndex, updatePayloadIndex, deletePayloadIndex, deletePayloadIndexesOfNamespace, payloadIndexes, unfinishedIndexes
  case highestPayloadIndex, fillIndex, deleteIndexPiece, indexPieceEnd

  package var name: String { "\(self)" }

  package var sql: String {
    switch self {
    case .takeShard:
      """
      INSERT INTO shards (shard, owner, epoch, expires_at) VALUES ($shard, $owner, 1, $expires_at)
      ON CONFLICT (shard) DO UPDATE SET owner = $owner, epoch = shards.epoch + 1, expires_at = $expires_at RETURNING epoch
      """
    case .guardEpoch: "UPDATE shards SET epoch = epoch WHERE shard = $shard AND epoch = $epoch"
    case .insertNamespace:
      """
      INSERT INTO namespaces (namespace_id, name, description, vector_indexes, shard, created_at, updated_at, max_concurrent_tasks)
      VALUES ($namespace_id, $name, $description, $vector_indexes, $shard, $created_at, $updated_at, $max_concurrent_tasks)
      """
    case .updateNamespace:
      """
      UPDATE namespaces SET name = $name, description = $description, vector_indexes = $vector_indexes, updated_at = $updated_at,
        max_concurrent_tasks = $max_concurrent_tasks
      WHERE namespace_id = $namespace_id
      """
    case .deleteNamespace: "DELETE FROM namespaces WHERE namespace_id = $namespace_id"
    case .namespace:
      """
      SELECT namespace_id, name, description, vector_indexes, created_at, updated_at, max_concurrent_tasks FROM namespaces WHERE namespace_id = $identifier OR name =
      $identifier
      ORDER BY CASE WHEN namespace_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .namespaces:
      """
      SELECT namespace_id, name, description, vector_indexes, created_at, updated_at, max_concurrent_tasks FROM namespaces ORDER BY created_at, namespace_id LIMIT
      $limit OFFSET $offset
      """
    case .countNamespaces: "SELECT count(*) FROM namespaces"
    case .taskLimits: "SELECT namespace_id, max_concurrent_tasks FROM namespaces WHERE max_concurrent_tasks IS NOT NULL ORDER BY namespace_id"
    case .insertIdempotentWrite:
      """
      INSERT INTO idempotent_writes (namespace_id, key, body_hash, answer, created_at) VALUES ($namespace_id, $key, $body_hash, $answer, $created_at)
      """
    case .deleteOldIdempotentWrites: "DELETE FROM idempotent_writes WHERE created_at < $before"
    case .deleteIdempotentWritesOfNamespace: "DELETE FROM idempotent_writes WHERE namespace_id = $namespace_id"
    case .idempotentWrite:
      "SELECT body_hash, answer FROM idempotent_writes WHERE namespace_id = $namespace_id AND key = $key AND created_at >= $after"
    case .triggerCounts: "SELECT status, count(*) FROM triggers GROUP BY status ORDER BY status"
    case .unfinishedTaskCounts:
      "SELECT status, count(*) FROM tasks WHERE status IN ('PENDING', 'IN_PROGRESS') GROUP BY status ORDER BY status"
    case .namespaceCounts:
      """
      SELECT (SELECT count(*) FROM collections WHERE namespace_id = $namespace_id),
        (SELECT COALESCE(sum(document_count), 0) FROM collections WHERE namespace_id = $namespace_id),
        (SELECT count(*) FROM buckets WHERE namespace_id = $namespace_id),
        (SELECT COALESCE(sum(object_count), 0) FROM buckets WHERE namespace_id = $namespace_id)
      """
    case .insertKey:
      """
      INSERT INTO api_keys (key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit,
        created_by)
      VALUES ($key_id, $name, $prefix, $hash, $scopes, $namespaces, $created_at, $expires_at, $revoked_at, $user_email, $description, $rate_limit,
        $created_by)
      """
    case .updateKey:
      """
      UPDATE api_keys SET name = $name, prefix = $prefix, hash = $hash, scopes = $scopes, namespaces = $namespaces, expires_at = $expires_at,
        description = $description, rate_limit = $rate_limit
      WHERE key_id = $key_id AND hash = $old_hash AND revoked_at IS NULL
      """
    case .revokeKey: "UPDATE api_keys SET revoked_at = $revoked_at WHERE key_id = $key_id AND revoked_at IS NULL"
    case .keyByHash:
      """
      SELECT key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit, created_by
      FROM api_keys WHERE hash = $hash
      """
    case .keys:
      """
      SELECT key_id, name, prefix, hash, scopes, namespaces, created_at, expires_at, revoked_at, user_email, description, rate_limit, created_by
      FROM api_keys ORDER BY created_at, key_id
      """
    case .insertCollection:
      """
      INSERT INTO collections (collection_id, namespace_id, name, description, metadata, source, extractor, created_at, updated_at)
      VALUES ($collection_id, $namespace_id, $name, $description, $metadata, $source, $extractor, $created_at, $updated_at)
      """
    case .insertVectorIndex:
      """
      INSERT INTO vector_indexes (collection_id, name, ordinal, dimensions, metric)
      VALUES ($collection_id, $name, $ordinal, $dimensions, $metric)
      """
    case .updateCollection:
      """
      UPDATE collections SET name = $name, description = $description, metadata = $metadata, source = $source, extractor = $extractor,
        updated_at = $updated_at
      WHERE collection_id = $collection_id
      """
    case .adjustDocumentCount: "UPDATE collections SET document_count = document_count + $by WHERE collection_id = $collection_id"
    case .recountDocuments:
      """
      UPDATE collections SET document_count = (SELECT count(*) FROM documents WHERE documents.collection_id = $collection_id)
      WHERE collection_id = $collection_id
      """
    case .deleteCollection: "DELETE FROM collections WHERE collection_id = $collection_id"
    case .deleteVectorIndexes: "DELETE FROM vector_indexes WHERE collection_id = $collection_id"
    case .deleteCollectionsOfNamespace: "DELETE FROM collections WHERE namespace_id = $namespace_id"
    case .deleteVectorIndexesOfNamespace:
      """
      DELETE FROM vector_indexes
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .collection:
      """
      SELECT collection_id, namespace_id, name, description, metadata, source, extractor, created_at, updated_at
      FROM collections WHERE namespace_id = $namespace_id AND (collection_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN collection_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .collections:
      """
      SELECT collection_id, namespace_id, name, description, metadata, source, extractor, created_at, updated_at, document_count
      FROM collections WHERE namespace_id = $namespace_id ORDER BY created_at, collection_id LIMIT $limit OFFSET $offset
      """
    case .countCollections: "SELECT count(*) FROM collections WHERE namespace_id = $namespace_id"
    case .collectionIDs: "SELECT collection_id FROM collections WHERE namespace_id = $namespace_id ORDER BY created_at, collection_id"
    case .vectorIndexes: "SELECT name, dimensions, metric FROM vector_indexes WHERE collection_id = $collection_id ORDER BY ordinal, name"
    case .documentCount: "SELECT document_count FROM collections WHERE collection_id = $collection_id"
    case .insertDocument:
      """
      INSERT INTO documents (collection_id, document_id, namespace_id, position, body, created_at, updated_at)
      VALUES ($collection_id, $document_id, $namespace_id, $position, $body, $created_at, $updated_at)
      """
    case .updateDocument:
      """
      UPDATE documents SET body = $body, updated_at = $updated_at WHERE collection_id = $collection_id AND document_id = $document_id
      """
    case .deleteDocument: "DELETE FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .insertVector:
      """
      INSERT INTO vectors (collection_id, index_name, position, document_id, vector)
      VALUES ($collection_id, $index_name, $position, $document_id, $vector)
      """
    case .putVector:
      """
      INSERT INTO vectors (collection_id, index_name, position, document_id, vector)
      SELECT $collection_id, $index_name, position, document_id, $vector FROM documents
      WHERE collection_id = $collection_id AND document_id = $document_id
      ON CONFLICT (collection_id, index_name, position) DO UPDATE SET vector = excluded.vector
      """
    case .deleteVectorsOfDocument:
      """
      DELETE FROM vectors WHERE collection_id = $collection_id
        AND index_name IN (SELECT name FROM vector_indexes WHERE collection_id = $collection_id)
        AND position = (SELECT position FROM documents WHERE collection_id = $collection_id AND document_id = $document_id)
      """
    case .deleteVectorPiece:
      """
      DELETE FROM vectors WHERE collection_id = $collection_id AND position IN (
        SELECT position FROM documents WHERE collection_id = $collection_id ORDER BY position LIMIT $limit)
        AND index_name IN (SELECT name FROM vector_indexes WHERE collection_id = $collection_id)
      """
    case .deleteDocumentPiece:
      """
      DELETE FROM documents WHERE collection_id = $collection_id AND position IN (
        SELECT position FROM documents WHERE collection_id = $collection_id ORDER BY position LIMIT $limit)
      RETURNING document_id
      """
    case .deleteDocumentsOfCollection: "DELETE FROM documents WHERE collection_id = $collection_id"
    case .deleteVectorsOfCollection: "DELETE FROM vectors WHERE collection_id = $collection_id"
    case .deleteVectorsOfNamespace:
      """
      DELETE FROM vectors
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .deleteDocumentsOfNamespace:
      """
      DELETE FROM documents
      WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .document:
      """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents WHERE collection_id = $collection_id AND
      document_id = $document_id
        AND namespace_id = $namespace_id
      """
    case .documentAnywhere:
      """
      SELECT document_id, collection_id, body, created_at, updated_at, position FROM documents WHERE namespace_id = $namespace_id AND document_id
      = $document_id
      ORDER BY created_at, collection_id LIMIT 1
      """
    case .documentBody: "SELECT body FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .documentIDs: "SELECT document_id FROM documents WHERE collection_id = $collection_id ORDER BY document_id"
    case .documentExists: "SELECT 1 FROM documents WHERE collection_id = $collection_id AND document_id = $document_id"
    case .vector: "SELECT vector FROM vectors WHERE collection_id = $collection_id AND index_name = $index_name AND position = $position"
    case .countVectors: "SELECT count(*) FROM vectors WHERE collection_id = $collection_id AND index_name = $index_name"
    case .highestPosition:
      """
      SELECT COALESCE(max(highest), 0) FROM (
        SELECT (SELECT max(position) FROM documents WHERE documents.collection_id = collections.collection_id) AS highest FROM collections) AS every
      """
    case .insertCluster:
      """
      INSERT INTO clusters (cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize,
      filters, enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id,
      created_at, updated_at)
      VALUES ($cluster_id, $namespace_id, $name, $description, $collection_ids, $algorithm, $parameters, $vector_index, $normalize,
      $filters, $enrich_source, $enrichment, $output_collection_ids, $text_fields, $metadata, $vector_config, $last_run_id,
      $last_task_id, $created_at, $updated_at)
      """
    case .updateCluster:
      """
      UPDATE clusters SET name = $name, description = $description, collection_ids = $collection_ids, algorithm = $algorithm, parameters
      = $parameters, vector_index = $vector_index, normalize = $normalize, filters = $filters, enrich_source = $enrich_source,
      enrichment = $enrichment, output_collection_ids = $output_collection_ids, text_fields = $text_fields, metadata = $metadata,
      vector_config = $vector_config, last_run_id = $last_run_id, last_task_id = $last_task_id, updated_at = $updated_at
      WHERE cluster_id = $cluster_id
      """
    case .deleteCluster: "DELETE FROM clusters WHERE cluster_id = $cluster_id"
    case .deleteClustersOfNamespace: "DELETE FROM clusters WHERE namespace_id = $namespace_id"
    case .cluster:
      """
      SELECT cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize, filters,
      enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id, created_at,
      updated_at
      FROM clusters WHERE namespace_id = $namespace_id AND (cluster_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN cluster_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .clusters:
      """
      SELECT cluster_id, namespace_id, name, description, collection_ids, algorithm, parameters, vector_index, normalize, filters,
      enrich_source, enrichment, output_collection_ids, text_fields, metadata, vector_config, last_run_id, last_task_id, created_at,
      updated_at
      FROM clusters WHERE namespace_id = $namespace_id ORDER BY created_at, cluster_id LIMIT $limit OFFSET $offset
      """
    case .countClusters: "SELECT count(*) FROM clusters WHERE namespace_id = $namespace_id"
    case .insertRun:
      """
      INSERT INTO cluster_runs (run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics,
      seed, error, created_at, completed_at, details)
      VALUES ($run_id, $cluster_id, $namespace_id, $task_id, $status, $points, $source_documents, $groups, $centroids, $metrics, $seed,
      $error, $created_at, $completed_at, $details)
      """
    case .updateRun:
      """
      UPDATE cluster_runs SET task_id = $task_id, status = $status, points = $points, source_documents = $source_documents, groups =
      $groups, centroids = $centroids, metrics = $metrics, seed = $seed, error = $error, completed_at = $completed_at,
        details = $details
      WHERE run_id = $run_id
      """
    case .pointClusterAtRun:
      """
      UPDATE clusters SET last_run_id = $run_id, last_task_id = $task_id, updated_at = $updated_at WHERE cluster_id = $cluster_id
      """
    case .putMembers:
      """
      INSERT INTO run_members (run_id, cluster_id, namespace_id, documents, collections, ordinals, labels, probabilities, dimensions, coordinates)
      VALUES ($run_id, $cluster_id, $namespace_id, $documents, $collections, $ordinals, $labels, $probabilities, $dimensions, $coordinates)
      ON CONFLICT (run_id) DO UPDATE SET documents = excluded.documents, collections = excluded.collections, ordinals = excluded.ordinals,
        labels = excluded.labels, probabilities = excluded.probabilities, dimensions = excluded.dimensions, coordinates = excluded.coordinates
      """
    case .members:
      """
      SELECT run_id, cluster_id, namespace_id, documents, collections, ordinals, labels, probabilities, dimensions, coordinates
      FROM run_members WHERE run_id = $run_id
      """
    case .deleteMembersBut: "DELETE FROM run_members WHERE cluster_id = $cluster_id AND run_id <> $run_id AND run_id <> $other"
    case .deleteMembersOfCluster: "DELETE FROM run_members WHERE cluster_id = $cluster_id"
    case .deleteMembersOfNamespace: "DELETE FROM run_members WHERE namespace_id = $namespace_id"
    case .deleteRun: "DELETE FROM cluster_runs WHERE run_id = $run_id"
    case .deleteRunsOfCluster: "DELETE FROM cluster_runs WHERE cluster_id = $cluster_id"
    case .deleteRunsOfNamespace: "DELETE FROM cluster_runs WHERE namespace_id = $namespace_id"
    case .run:
      """
      SELECT run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics, seed, error,
      created_at, completed_at, details
      FROM cluster_runs WHERE run_id = $run_id AND namespace_id = $namespace_id
      """
    case .runs:
      """
      SELECT run_id, cluster_id, namespace_id, task_id, status, points, source_documents, groups, centroids, metrics, seed, error,
      created_at, completed_at, details
      FROM cluster_runs WHERE cluster_id = $cluster_id AND status = COALESCE($status, status)
      ORDER BY created_at DESC, run_id DESC LIMIT $limit OFFSET $offset
      """
    case .countRuns: "SELECT count(*) FROM cluster_runs WHERE cluster_id = $cluster_id AND status = COALESCE($status, status)"
    case .insertTrigger:
      """
      INSERT INTO triggers (trigger_id, namespace_id, name, description, action_type, action_config, resource_id, trigger_type,
      schedule_config, status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until)
      VALUES ($trigger_id, $namespace_id, $name, $description, $action_type, $action_config, $resource_id, $trigger_type,
      $schedule_config, $status, $last_triggered_at, $last_execution_task_id, $next_scheduled_at, $execution_count,
      $consecutive_failures, $last_execution_status, $last_execution_error, $event_counter, $event_cursor, $last_cooldown_at,
      $last_condition_check_at, $baseline, $baseline_mean, $last_drift_measurement, $last_volume_measurement, $armed, $state, $fence,
      $created_at, $updated_at, $created_by, $first_event_at, $last_event_at, $event_depth, $paused_until)
      """
    case .updateTrigger:
      """
      UPDATE triggers SET name = $name, description = $description, action_type = $action_type, action_config = $action_config,
      resource_id = $resource_id, trigger_type = $trigger_type, schedule_config = $schedule_config, status = $status, last_triggered_at
      = $last_triggered_at, last_execution_task_id = $last_execution_task_id, next_scheduled_at = $next_scheduled_at, execution_count =
      $execution_count, consecutive_failures = $consecutive_failures, last_execution_status = $last_execution_status,
      last_execution_error = $last_execution_error, event_cursor = $event_cursor, last_cooldown_at = $last_cooldown_at,
      last_condition_check_at = $last_condition_check_at, baseline = $baseline, baseline_mean = $baseline_mean, last_drift_measurement =
      $last_drift_measurement, last_volume_measurement = $last_volume_measurement, armed = $armed, state = $state, updated_at =
      $updated_at, paused_until = $paused_until, fence = $fence + 1
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .claimTrigger:
      """
      UPDATE triggers SET last_triggered_at = $at,
        next_scheduled_at = CASE WHEN $keeps_next = 1 AND event_counter > $consumed THEN next_scheduled_at ELSE $next_scheduled_at END,
        first_event_at = CASE WHEN event_counter > $consumed THEN last_event_at ELSE NULL END,
        event_depth = CASE WHEN event_counter > $consumed THEN event_depth ELSE 0 END,
        last_execution_task_id = COALESCE($task_id, last_execution_task_id), last_cooldown_at = COALESCE($last_cooldown_at, last_cooldown_at),
        event_counter = CASE WHEN event_counter > $consumed THEN event_counter - $consumed ELSE 0 END, armed = $armed, fence = fence + 1,
        chained_at = CASE WHEN chained_at <= $chained_at THEN NULL ELSE chained_at END
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .countEvents:
      """
      UPDATE triggers SET event_counter = event_counter + $by, event_cursor = COALESCE($event_cursor, event_cursor),
        first_event_at = CASE WHEN event_counter + $by > 0 THEN COALESCE(first_event_at, $at) ELSE NULL END,
        last_event_at = COALESCE($at, last_event_at), next_scheduled_at = COALESCE($next_scheduled_at, next_scheduled_at),
        event_depth = CASE WHEN $depth > event_depth THEN $depth ELSE event_depth END
      WHERE trigger_id = $trigger_id
      """
    case .rescheduleTrigger:
      """
      UPDATE triggers SET next_scheduled_at = $next_scheduled_at, armed = COALESCE($armed, armed),
        last_condition_check_at = COALESCE($last_condition_check_at, last_condition_check_at),
        last_drift_measurement = COALESCE($last_drift_measurement, last_drift_measurement),
        last_volume_measurement = COALESCE($last_volume_measurement, last_volume_measurement), state = COALESCE($state, state), fence = fence + 1,
        chained_at = CASE WHEN chained_at <= $chained_at THEN NULL ELSE chained_at END
      WHERE trigger_id = $trigger_id AND fence = $fence
      """
    case .chainTrigger:
      """
      UPDATE triggers SET chained_at = $at, chained_by = $task_id, chained_depth = $depth WHERE trigger_id = $trigger_id AND status = 'active'
      """
    case .resumeTrigger:
      """
      UPDATE triggers SET status = 'active', paused_until = NULL, next_scheduled_at = $next_scheduled_at, updated_at = $at,
        event_cursor = COALESCE($event_cursor, event_cursor), fence = fence + 1
      WHERE trigger_id = $trigger_id AND fence = $fence AND status = 'paused'
      """
    case .settleTrigger:
      """
      UPDATE triggers SET execution_count = execution_count + $executions, consecutive_failures = $consecutive_failures,
        last_execution_status = $last_execution_status, last_execution_error = $last_execution_error,
        baseline = COALESCE($baseline, baseline), baseline_mean = COALESCE($baseline_mean, baseline_mean), state = COALESCE($state, state),
        next_scheduled_at = CASE WHEN $clears_next = 1 THEN NULL ELSE COALESCE($next_scheduled_at, next_scheduled_at) END,
        armed = COALESCE($armed, armed), updated_at = $updated_at
      WHERE trigger_id = $trigger_id
      """
    case .turnTrigger: "UPDATE triggers SET status = $status WHERE trigger_id = $trigger_id"
    case .rememberTrigger:
      """
      UPDATE triggers SET state = COALESCE($state, state), last_drift_measurement = COALESCE($last_drift_measurement, last_drift_measurement),
        last_volume_measurement = COALESCE($last_volume_measurement, last_volume_measurement),
        last_condition_check_at = COALESCE($last_condition_check_at, last_condition_check_at)
      WHERE trigger_id = $trigger_id
      """
    case .noteRunOfTrigger:
      "UPDATE triggers SET last_triggered_at = $at, last_execution_task_id = $task_id WHERE trigger_id = $trigger_id"
    case .deleteTrigger: "DELETE FROM triggers WHERE trigger_id = $trigger_id"
    case .deleteTriggersOfNamespace: "DELETE FROM triggers WHERE namespace_id = $namespace_id"
    case .trigger:
      """
      SELECT trigger_id, namespace_id, name, description, action_type, action_config, resource_id, trigger_type, schedule_config,
      status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers WHERE trigger_id = $trigger_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .triggerState:
      """
      SELECT status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers WHERE trigger_id = $trigger_id
      """
    case .activeTriggers:
      """
      SELECT trigger_id, namespace_id, name, description, action_type, action_config, resource_id, trigger_type, schedule_config,
      status, last_triggered_at, last_execution_task_id, next_scheduled_at, execution_count, consecutive_failures,
      last_execution_status, last_execution_error, event_counter, event_cursor, last_cooldown_at, last_condition_check_at, baseline,
      baseline_mean, last_drift_measurement, last_volume_measurement, armed, state, fence, created_at, updated_at, created_by,
      first_event_at, last_event_at, event_depth, paused_until, chained_at, chained_by, chained_depth
      FROM triggers WHERE status = 'active' ORDER BY created_at, trigger_id
      """
    case .wakingTriggers:
      """
      SELECT trigger_id, next_scheduled_at, updated_at, last_triggered_at, last_condition_check_at,
        CASE WHEN status = 'active' AND trigger_type IN ('cron', 'interval') AND chained_at IS NULL THEN 1 ELSE 0 END
      FROM triggers WHERE COALESCE(status, '') IN ('active', 'failed') OR paused_until IS NOT NULL
      """
    case .countBucket:
      """
      INSERT INTO event_buckets (trigger_id, bucket_at, count) VALUES ($trigger_id, $bucket_at, $by)
      ON CONFLICT (trigger_id, bucket_at) DO UPDATE SET count = event_buckets.count + excluded.count
      """
    case .takeBucket: "UPDATE event_buckets SET count = count - $by WHERE trigger_id = $trigger_id AND bucket_at = $bucket_at"
    case .deleteEmptyBuckets: "DELETE FROM event_buckets WHERE trigger_id = $trigger_id AND count <= 0"
    case .deleteBucketsOfTrigger: "DELETE FROM event_buckets WHERE trigger_id = $trigger_id"
    case .deleteBucketsOfNamespace:
      "DELETE FROM event_buckets WHERE trigger_id IN (SELECT trigger_id FROM triggers WHERE namespace_id = $namespace_id)"
    case .buckets: "SELECT bucket_at, count FROM event_buckets WHERE trigger_id = $trigger_id ORDER BY bucket_at"
    case .insertTask:
      """
      INSERT INTO tasks (task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at,
      started_at, finished_at, retry_at, depth)
      VALUES ($task_id, $namespace_id, $kind, $status, $trigger_id, $scheduled_at, $inputs, $outputs, $error, $attempt, $created_at,
      $started_at, $finished_at, $retry_at, $depth)
      """
    case .startTask:
      """
      UPDATE tasks SET status = 'IN_PROGRESS', attempt = attempt + 1, fence = fence + 1, started_at = $started_at, retry_at = NULL
      WHERE task_id = $task_id AND attempt = $attempt AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .finishTask:
      """
      UPDATE tasks SET status = $status, outputs = $outputs, error = $error, finished_at = $finished_at, retry_at = NULL
      WHERE task_id = $task_id AND attempt = COALESCE($attempt, attempt) AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .repeatTask:
      """
      UPDATE tasks SET status = 'PENDING', outputs = $outputs, error = $error, retry_at = $retry_at
      WHERE task_id = $task_id AND status IN ('PENDING', 'IN_PROGRESS')
      """
    case .reportTask:
      """
      UPDATE tasks SET outputs = $outputs WHERE task_id = $task_id AND attempt = $attempt AND status = 'IN_PROGRESS'
      """
    case .deleteTasksOfNamespace: "DELETE FROM tasks WHERE namespace_id = $namespace_id"
    case .task:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE task_id = $task_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .tasks:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND status = COALESCE($status, status) AND kind = COALESCE($kind, kind)
        AND COALESCE(trigger_id, '') = COALESCE($trigger_id, trigger_id, '')
      ORDER BY created_at DESC, task_id DESC LIMIT $limit OFFSET $offset
      """
    case .countTasks:
      """
      SELECT count(*) FROM tasks WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND status = COALESCE($status, status) AND kind = COALESCE($kind, kind)
        AND COALESCE(trigger_id, '') = COALESCE($trigger_id, trigger_id, '')
      """
    case .unfinishedTasks:
      """
      SELECT task_id, namespace_id, kind, status, trigger_id, scheduled_at, inputs, outputs, error, attempt, created_at, started_at,
      finished_at, retry_at, depth
      FROM tasks WHERE status IN ('PENDING', 'IN_PROGRESS') ORDER BY created_at, task_id
      """
    case .insertEvaluation:
      """
      INSERT INTO evaluations (evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at,
      last_at, count)
      VALUES ($evaluation_id, $trigger_id, $namespace_id, $outcome, $reason, $detail, $task_id, $scheduled_at, $first_at, $last_at,
      $count)
      """
    case .coalesceEvaluation: "UPDATE evaluations SET count = count + $by, last_at = $last_at, detail = $detail WHERE evaluation_id = $evaluation_id"
    case .deleteEvaluationsOfTrigger: "DELETE FROM evaluations WHERE trigger_id = $trigger_id"
    case .deleteEvaluationsOfNamespace: "DELETE FROM evaluations WHERE namespace_id = $namespace_id"
    case .evaluations:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until AND outcome = COALESCE($outcome, outcome)
      ORDER BY last_at DESC, evaluation_id DESC LIMIT $limit OFFSET $offset
      """
    case .countEvaluations:
      """
      SELECT count(*) FROM evaluations
      WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until AND outcome = COALESCE($outcome, outcome)
      """
    case .evaluation:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE evaluation_id = $evaluation_id AND namespace_id = $namespace_id
      """
    case .evaluationOfTask:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND task_id = $task_id ORDER BY evaluation_id LIMIT 1
      """
    case .evaluationFrom:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $at ORDER BY last_at, evaluation_id LIMIT 1
      """
    case .evaluationBefore:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at < $at ORDER BY last_at DESC, evaluation_id DESC LIMIT 1
      """
    case .lastFired:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND outcome = 'fired' AND last_at <= $at ORDER BY last_at DESC, evaluation_id DESC LIMIT 1
      """
    case .evaluationsInOrder:
      """
      SELECT evaluation_id, trigger_id, namespace_id, outcome, reason, detail, task_id, scheduled_at, first_at, last_at, count
      FROM evaluations WHERE trigger_id = $trigger_id AND last_at >= $since AND first_at < $until ORDER BY last_at, evaluation_id LIMIT $limit
      """
    case .evaluationSizes:
      """
      SELECT evaluation_id, trigger_id, last_at, length(detail) + length(reason) FROM evaluations
      WHERE evaluation_id < $before ORDER BY evaluation_id DESC LIMIT $limit
      """
    case .deleteEvaluation: "DELETE FROM evaluations WHERE evaluation_id = $evaluation_id"
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
        SELECT COALESCE(min(event_cursor), $otherwise) AS seen FROM triggers
        WHERE status = 'active' AND trigger_type = 'event' AND (schedule_config LIKE '%"filter%' OR schedule_config LIKE '%"dedupe_key":%')
        UNION ALL SELECT COALESCE(min(cursor), $otherwise) FROM webhooks WHERE is_active = 1) AS cursors
      """
    case .recordedFires:
      """
      SELECT task_id, scheduled_at, status, created_at, started_at, finished_at FROM tasks
      WHERE trigger_id = $trigger_id AND scheduled_at >= $from AND scheduled_at < $to ORDER BY scheduled_at, task_id LIMIT $limit
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
    case .insertSync:
      """
      INSERT INTO syncs (sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at)
      VALUES ($sync_config_id, $bucket_id, $namespace_id, $definition, $is_active, $state, $created_at, $updated_at)
      """
    case .updateSync:
      "UPDATE syncs SET definition = $definition, is_active = $is_active, updated_at = $updated_at WHERE sync_config_id = $sync_config_id"
    case .noteSync:
      // A pause that came meanwhile stays.
      """
      UPDATE syncs SET state = $state, is_active = CASE WHEN $is_active = 0 THEN 0 ELSE is_active END WHERE sync_config_id = $sync_config_id
      """
    case .deleteSync: "DELETE FROM syncs WHERE sync_config_id = $sync_config_id"
    case .deleteSyncsOfBucket: "DELETE FROM syncs WHERE bucket_id = $bucket_id"
    case .deleteSyncsOfNamespace: "DELETE FROM syncs WHERE namespace_id = $namespace_id"
    case .sync:
      """
      SELECT sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at
      FROM syncs WHERE sync_config_id = $sync_config_id AND bucket_id = COALESCE($bucket_id, bucket_id)
      """
    case .syncs:
      """
      SELECT sync_config_id, bucket_id, namespace_id, definition, is_active, state, created_at, updated_at
      FROM syncs WHERE bucket_id = COALESCE($bucket_id, bucket_id) ORDER BY created_at DESC, sync_config_id
      """
    case .putSyncFile:
      """
      INSERT INTO sync_files (sync_config_id, path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at)
      SELECT sync_config_id, $path, $size, $modified, $hash, $generation, $objects, $failures, $error, $first_failed_at, $updated_at
      FROM syncs WHERE sync_config_id = $sync_config_id
      ON CONFLICT (sync_config_id, path) DO UPDATE SET size = excluded.size, modified = excluded.modified, hash = excluded.hash,
        generation = excluded.generation, objects = excluded.objects, failures = excluded.failures, error = excluded.error,
        first_failed_at = excluded.first_failed_at, updated_at = excluded.updated_at
      """
    case .deleteSyncFile: "DELETE FROM sync_files WHERE sync_config_id = $sync_config_id AND path = $path"
    case .deleteSyncFiles: "DELETE FROM sync_files WHERE sync_config_id = $sync_config_id"
    case .deleteSyncFilesOfBucket:
      "DELETE FROM sync_files WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncFilesOfNamespace:
      "DELETE FROM sync_files WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .syncFiles:
      """
      SELECT path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at
      FROM sync_files WHERE sync_config_id = $sync_config_id ORDER BY path
      """
    case .failedSyncFiles:
      """
      SELECT path, size, modified, hash, generation, objects, failures, error, first_failed_at, updated_at
      FROM sync_files WHERE sync_config_id = $sync_config_id AND error IS NOT NULL ORDER BY sync_config_id, path LIMIT $limit OFFSET $offset
      """
    case .countFailedSyncFiles: "SELECT count(*) FROM sync_files WHERE sync_config_id = $sync_config_id AND error IS NOT NULL"
    case .putSyncObject:
      """
      INSERT INTO sync_objects (sync_config_id, object_id, path, generation, pending) VALUES ($sync_config_id, $object_id, $path, $generation, $pending)
      ON CONFLICT (sync_config_id, object_id) DO UPDATE SET path = excluded.path, generation = excluded.generation,
        pending = CASE WHEN excluded.pending = 1 THEN 1 ELSE sync_objects.pending END
      """
    case .markSyncObject: "UPDATE sync_objects SET pending = 0 WHERE sync_config_id = $sync_config_id AND object_id = $object_id"
    case .deleteSyncObject: "DELETE FROM sync_objects WHERE sync_config_id = $sync_config_id AND object_id = $object_id"
    case .deleteSyncObjects: "DELETE FROM sync_objects WHERE sync_config_id = $sync_config_id"
    case .deleteSyncObjectsOfBucket:
      "DELETE FROM sync_objects WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncObjectsOfNamespace:
      "DELETE FROM sync_objects WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .oldSyncObjects:
      """
      SELECT object_id FROM sync_objects WHERE sync_config_id = $sync_config_id AND path = $path AND generation < $generation
      ORDER BY object_id LIMIT $limit
      """
    case .pendingSyncObjects:
      "SELECT object_id FROM sync_objects WHERE sync_config_id = $sync_config_id AND pending = 1 ORDER BY object_id LIMIT $limit"
    case .putSyncJob:
      """
      INSERT INTO sync_jobs (sync_job_id, sync_config_id, status, body, started_at)
      SELECT $sync_job_id, sync_config_id, $status, $body, $started_at FROM syncs WHERE sync_config_id = $sync_config_id
      ON CONFLICT (sync_job_id) DO UPDATE SET status = excluded.status, body = excluded.body
      """
    case .deleteSyncJobs: "DELETE FROM sync_jobs WHERE sync_config_id = $sync_config_id"
    case .deleteSyncJobsOfBucket:
      "DELETE FROM sync_jobs WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE bucket_id = $bucket_id)"
    case .deleteSyncJobsOfNamespace:
      "DELETE FROM sync_jobs WHERE sync_config_id IN (SELECT sync_config_id FROM syncs WHERE namespace_id = $namespace_id)"
    case .deleteOldSyncJobs:
      """
      DELETE FROM sync_jobs WHERE sync_config_id = $sync_config_id AND started_at < COALESCE((SELECT started_at FROM sync_jobs
        WHERE sync_config_id = $sync_config_id ORDER BY started_at DESC, sync_job_id LIMIT 1 OFFSET $keep), 0)
      """
    case .syncJob: "SELECT body FROM sync_jobs WHERE sync_job_id = $sync_job_id AND sync_config_id = $sync_config_id"
    case .syncJobs:
      """
      SELECT body FROM sync_jobs WHERE sync_config_id = $sync_config_id AND status = COALESCE($status, status)
      ORDER BY started_at DESC, sync_job_id LIMIT $limit OFFSET $offset
      """
    case .countSyncJobs: "SELECT count(*) FROM sync_jobs WHERE sync_config_id = $sync_config_id AND status = COALESCE($status, status)"
    case .putCalendar:
      """
      INSERT INTO calendars (namespace_id, name, description, exclusions, created_at, updated_at)
      VALUES ($namespace_id, $name, $description, $exclusions, $created_at, $updated_at)
      ON CONFLICT (namespace_id, name) DO UPDATE SET description = excluded.description, exclusions = excluded.exclusions,
        updated_at = excluded.updated_at
      """
    case .deleteCalendar: "DELETE FROM calendars WHERE namespace_id = $namespace_id AND name = $name"
    case .deleteCalendarsOfNamespace: "DELETE FROM calendars WHERE namespace_id = $namespace_id"
    case .calendar:
      """
      SELECT namespace_id, name, description, exclusions, created_at, updated_at FROM calendars WHERE namespace_id = $namespace_id AND name = $name
      """
    case .calendars:
      """
      SELECT namespace_id, name, description, exclusions, created_at, updated_at FROM calendars WHERE namespace_id = $namespace_id ORDER BY name
      """
    case .countUnfinished: "SELECT count(*) FROM tasks WHERE trigger_id = $trigger_id AND status IN ('PENDING', 'IN_PROGRESS')"
    case .setValue:
      """
      INSERT INTO kv (namespace_id, key, value, number, expires_at) VALUES ($namespace_id, $key, $value, $number, $expires_at)
      ON CONFLICT (namespace_id, key) DO UPDATE SET value = excluded.value, number = excluded.number, expires_at = excluded.expires_at
      """
    case .incrementValue:
      """
      INSERT INTO kv (namespace_id, key, number, expires_at) VALUES ($namespace_id, $key, $by, $expires_at)
      ON CONFLICT (namespace_id, key) DO UPDATE SET value = NULL,
        number = CASE WHEN kv.expires_at <= $now THEN excluded.number ELSE kv.number + excluded.number END,
        expires_at = CASE WHEN kv.expires_at <= $now THEN excluded.expires_at ELSE COALESCE(excluded.expires_at, kv.expires_at) END
      WHERE kv.number IS NOT NULL OR kv.expires_at <= $now
      RETURNING number
      """
    case .deleteValue: "DELETE FROM kv WHERE namespace_id = $namespace_id AND key = $key"
    case .deleteExpiredValues: "DELETE FROM kv WHERE expires_at <= $now"
    case .deleteValuesOfNamespace: "DELETE FROM kv WHERE namespace_id = $namespace_id"
    case .value: "SELECT value, number FROM kv WHERE namespace_id = $namespace_id AND key = $key AND (expires_at IS NULL OR expires_at > $now)"
    case .values:
      """
      SELECT key, value, number FROM kv
      WHERE namespace_id = $namespace_id AND key >= $from AND substr(key, 1, length($from)) = $from AND (expires_at IS NULL OR expires_at > $now)
      ORDER BY key LIMIT $limit
      """
    case .insertBucket:
      """
      INSERT INTO buckets (bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at) VALUES ($bucket_id, $namespace_id, $name, $description, $schema, $unique_key, $metadata,
      $object_count, $failed_count, $total_bytes, $last_upload_at, $created_at, $updated_at)
      """
    case .updateBucket:
      """
      UPDATE buckets SET name = $name, description = $description, schema = $schema, unique_key = $unique_key, metadata = $metadata,
      updated_at = $updated_at WHERE bucket_id = $bucket_id
      """
    case .adjustBucket:
      """
      UPDATE buckets SET object_count = object_count + $objects, total_bytes = total_bytes + $bytes, last_upload_at = COALESCE($at,
      last_upload_at) WHERE bucket_id = $bucket_id
      """
    case .deleteBucket: "DELETE FROM buckets WHERE bucket_id = $bucket_id"
    case .deleteBucketStoresOfNamespace: "DELETE FROM buckets WHERE namespace_id = $namespace_id"
    case .bucket:
      """
      SELECT bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at FROM buckets WHERE namespace_id = $namespace_id AND (bucket_id = $identifier OR name =
      $identifier) ORDER BY CASE WHEN bucket_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .bucketStores:
      """
      SELECT bucket_id, namespace_id, name, description, schema, unique_key, metadata, object_count, failed_count, total_bytes,
      last_upload_at, created_at, updated_at FROM buckets WHERE namespace_id = $namespace_id ORDER BY created_at, bucket_id LIMIT $limit
      OFFSET $offset
      """
    case .countBuckets: "SELECT count(*) FROM buckets WHERE namespace_id = $namespace_id"
    case .insertObject:
      """
      INSERT INTO bucket_objects (object_id, bucket_id, namespace_id, key_prefix, body, size, content_hash, unique_key, idempotency_key,
      status, error, created_at, updated_at) VALUES ($object_id, $bucket_id, $namespace_id, $key_prefix, $body, $size, $content_hash,
      $unique_key, $idempotency_key, $status, $error, $created_at, $updated_at)
      """
    case .updateObject:
      """
      UPDATE bucket_objects SET key_prefix = $key_prefix, body = $body, size = $size, content_hash = $content_hash, unique_key = $unique_key,
      status = $status, error = $error, updated_at = $updated_at WHERE bucket_id = $bucket_id AND object_id = $object_id AND body = $expected
      """
    case .markObject: "UPDATE bucket_objects SET status = $status, error = $error WHERE bucket_id = $bucket_id AND object_id = $object_id"
    case .recountFailedObjects:
      """
      UPDATE buckets SET failed_count = (
        SELECT count(*) FROM bucket_objects WHERE bucket_objects.bucket_id = buckets.bucket_id AND bucket_objects.status = 'FAILED')
      WHERE bucket_id IN (SELECT source_id FROM batch_members WHERE batch_id = $batch_id)
      """
    case .deleteObject: "DELETE FROM bucket_objects WHERE bucket_id = $bucket_id AND object_id = $object_id"
    case .deleteObjectsOfBucket: "DELETE FROM bucket_objects WHERE bucket_id = $bucket_id"
    case .deleteObjectsOfNamespace:
      """
      DELETE FROM bucket_objects WHERE bucket_id IN (SELECT bucket_id FROM buckets WHERE namespace_id = $namespace_id)
      """
    case .object:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND object_id = $object_id
      """
    case .objectByUniqueKey:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND unique_key = $unique_key
      """
    case .objectByIdempotency:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND idempotency_key = $idempotency_key
      """
    case .objectByHash:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND content_hash = $content_hash ORDER BY object_id LIMIT 1
      """
    case .objectsAfter:
      """
      SELECT object_id, bucket_id, namespace_id, key_prefix, body, unique_key, idempotency_key, status, error, created_at, updated_at FROM
      bucket_objects WHERE bucket_id = $bucket_id AND object_id > $after ORDER BY object_id LIMIT $limit
      """
    case .objectIDsAfter:
      """
      SELECT object_id FROM bucket_objects WHERE bucket_id = $bucket_id AND object_id > $after ORDER BY object_id LIMIT $limit
      """
    case .insertBatch:
      """
      INSERT INTO batches (batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error,
      message, total, processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at) VALUES
      ($batch_id, $namespace_id, $bucket_id, $kind, $name, $status, $collection_ids, $tiers, $dedup, $metadata, $task_id, $error, $message,
      $total, $processed, $failed, $skipped, $written, $replaced, $retries, $created_at, $updated_at, $started_at, $finished_at)
      """
    case .updateBatch:
      """
      UPDATE batches SET name = $name, metadata = $metadata, message = $message, updated_at = $updated_at WHERE batch_id = $batch_id
      """
    case .claimBatch:
      """
      UPDATE batches SET status = $status, collection_ids = $collection_ids, tiers = $tiers, task_id = $task_id, error = NULL, message = NULL,
      total = $total, processed = $processed, failed = $failed, skipped = $skipped, written = $written, replaced = $replaced, retries =
      $retries, started_at = NULL, finished_at = NULL, updated_at = $updated_at WHERE batch_id = $batch_id AND status = $expected AND
      COALESCE(task_id, '') = COALESCE($expected_task, '')
      """
    case .moveBatch:
      """
      UPDATE batches SET status = 'IN_PROGRESS', processed = $processed, failed = $failed, skipped = $skipped, written = $written, replaced =
      $replaced, started_at = COALESCE(started_at, $at), updated_at = $at WHERE batch_id = $batch_id AND task_id = $task_id AND status IN
      ('PENDING', 'IN_PROGRESS')
      """
    case .finishBatch:
      """
      UPDATE batches SET status = $status, error = $error, finished_at = $at, updated_at = $at WHERE batch_id = $batch_id AND task_id =
      $task_id AND status IN ('PENDING', 'IN_PROGRESS', 'DRAFT')
      """
    case .deleteBatch: "DELETE FROM batches WHERE batch_id = $batch_id AND status NOT IN ('PENDING', 'IN_PROGRESS')"
    case .deleteBatchesOfNamespace: "DELETE FROM batches WHERE namespace_id = $namespace_id"
    case .batch:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE batch_id =
      $batch_id AND namespace_id = COALESCE($namespace_id, namespace_id)
      """
    case .batches:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = COALESCE($namespace_id, namespace_id) AND bucket_id = COALESCE($bucket_id, bucket_id) AND status = COALESCE($status, status) AND
      collection_ids LIKE $pattern ORDER BY created_at DESC, batch_id DESC LIMIT $limit OFFSET $offset
      """
    case .countBatches:
      """
      SELECT count(*) FROM batches WHERE namespace_id = COALESCE($namespace_id, namespace_id) AND bucket_id = COALESCE($bucket_id, bucket_id)
      AND status = COALESCE($status, status) AND collection_ids LIKE $pattern
      """
    case .lastBatchOfCollection:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = $namespace_id AND collection_ids LIKE $pattern AND status IN ('COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED') ORDER BY finished_at
      DESC NULLS LAST, batch_id DESC LIMIT 1
      """
    case .batchOfTask:
      """
      SELECT batch_id, namespace_id, bucket_id, kind, name, status, collection_ids, tiers, dedup, metadata, task_id, error, message, total,
      processed, failed, skipped, written, replaced, retries, created_at, updated_at, started_at, finished_at FROM batches WHERE namespace_id
      = $namespace_id AND task_id = $task_id ORDER BY batch_id LIMIT 1
      """
    case .insertMember:
      """
      INSERT INTO batch_members (batch_id, ordinal, source_id, object_id, status, error, error_kind, at, failures) VALUES ($batch_id,
      $ordinal, $source_id, $object_id, 'PENDING', NULL, 'permanent', NULL, 0)
      """
    case .markMember:
      """
      UPDATE batch_members SET status = $status, error = $error, error_kind = $error_kind, at = $at, failures = $failures WHERE batch_id =
      $batch_id AND ordinal = $ordinal
      """
    case .resetMembers: "UPDATE batch_members SET status = 'PENDING', error = NULL, failures = 0 WHERE batch_id = $batch_id"
    case .resetFailedMembers:
      """
      UPDATE batch_members SET status = 'PENDING' WHERE batch_id = $batch_id AND (status = 'PENDING' OR status = 'FAILED' AND error_kind =
      COALESCE($error_kind, error_kind) AND failures < $most)
      """
    case .deleteMembers: "DELETE FROM batch_members WHERE batch_id = $batch_id"
    case .deleteBatchMembersOfNamespace:
      """
      DELETE FROM batch_members WHERE batch_id IN (SELECT batch_id FROM batches WHERE namespace_id = $namespace_id)
      """
    case .pendingMembers:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND status =
      'PENDING' ORDER BY ordinal LIMIT $limit
      """
    case .failedMembers:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND status =
      'FAILED' ORDER BY ordinal, object_id LIMIT $limit OFFSET $offset
      """
    case .countMembers:
      """
      SELECT status, error_kind, failures, count(*) FROM batch_members WHERE batch_id = $batch_id GROUP BY status, error_kind, failures
      """
    case .memberIDs: "SELECT object_id FROM batch_members WHERE batch_id = $batch_id ORDER BY ordinal LIMIT $limit"
    case .membersAfter:
      """
      SELECT ordinal, source_id, object_id, status, error, error_kind, at, failures FROM batch_members WHERE batch_id = $batch_id AND ordinal
      > $after ORDER BY ordinal LIMIT $limit
      """
    case .putWordCounts:
      """
      INSERT INTO word_counts (collection_id, documents, counts, version) VALUES ($collection_id, $documents, $counts, $version + 1) ON
      CONFLICT (collection_id) DO UPDATE SET documents = excluded.documents, counts = excluded.counts, version = excluded.version WHERE
      word_counts.version = $version
      """
    case .deleteWordCounts: "DELETE FROM word_counts WHERE collection_id = $collection_id"
    case .deleteWordCountsOfNamespace:
      """
      DELETE FROM word_counts WHERE collection_id IN (SELECT collection_id FROM collections WHERE namespace_id = $namespace_id)
      """
    case .wordCounts: "SELECT documents, counts, version FROM word_counts WHERE collection_id = $collection_id"
    case .noteTask: "UPDATE tasks SET outputs = $outputs WHERE task_id = $task_id AND status = 'IN_PROGRESS'"
    case .insertScript:
      """
      INSERT INTO scripts (script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at)
      VALUES ($script_id, $namespace_id, $name, $kind, $description, $events, $active_version, $last_version, $created_at, $updated_at)
      """
    case .updateScript:
      """
      UPDATE scripts SET description = $description, events = $events, active_version = $active_version, last_version = $last_version,
        updated_at = $updated_at
      WHERE script_id = $script_id AND last_version = $expected
      """
    case .deleteScript: "DELETE FROM scripts WHERE script_id = $script_id"
    case .deleteScriptVersions: "DELETE FROM script_versions WHERE script_id = $script_id"
    case .deleteScriptsOfNamespace: "DELETE FROM scripts WHERE namespace_id = $namespace_id"
    case .deleteScriptVersionsOfNamespace:
      "DELETE FROM script_versions WHERE script_id IN (SELECT script_id FROM scripts WHERE namespace_id = $namespace_id)"
    case .insertScriptVersion:
      """
      INSERT INTO script_versions (script_id, version, source, tests, report, note, created_at, created_by)
      VALUES ($script_id, $version, $source, $tests, $report, $note, $created_at, $created_by)
      """
    case .script:
      """
      SELECT script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at
      FROM scripts WHERE namespace_id = $namespace_id AND (script_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN script_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .scripts:
      """
      SELECT script_id, namespace_id, name, kind, description, events, active_version, last_version, created_at, updated_at
      FROM scripts WHERE namespace_id = $namespace_id AND kind = COALESCE($kind, kind) ORDER BY name, script_id LIMIT $limit OFFSET $offset
      """
    case .countScripts: "SELECT count(*) FROM scripts WHERE namespace_id = $namespace_id AND kind = COALESCE($kind, kind)"
    case .scriptVersion:
      """
      SELECT script_id, version, source, tests, report, note, created_at, created_by FROM script_versions
      WHERE script_id = $script_id AND version = $version
      """
    case .scriptVersions:
      """
      SELECT script_id, version, source, tests, report, note, created_at, created_by FROM script_versions
      WHERE script_id = $script_id ORDER BY version DESC, script_id LIMIT $limit OFFSET $offset
      """
    case .insertTaxonomy:
      """
      INSERT INTO taxonomies (taxonomy_id, namespace_id, name, description, version, metadata, created_at, updated_at)
      VALUES ($taxonomy_id, $namespace_id, $name, $description, $version, $metadata, $created_at, $updated_at)
      """
    case .updateTaxonomy:
      """
      UPDATE taxonomies SET name = $name, description = $description, version = $version, metadata = $metadata, updated_at = $updated_at
      WHERE taxonomy_id = $taxonomy_id AND version = $expected
      """
    case .insertTaxonomyVersion:
      """
      INSERT INTO taxonomy_versions (taxonomy_id, version, config, created_at) VALUES ($taxonomy_id, $version, $config, $created_at)
      """
    case .deleteTaxonomy: "DELETE FROM taxonomies WHERE taxonomy_id = $taxonomy_id"
    case .deleteTaxonomyVersions: "DELETE FROM taxonomy_versions WHERE taxonomy_id = $taxonomy_id"
    case .deleteTaxonomiesOfNamespace: "DELETE FROM taxonomies WHERE namespace_id = $namespace_id"
    case .deleteTaxonomyVersionsOfNamespace:
      """
      DELETE FROM taxonomy_versions
      WHERE taxonomy_id IN (SELECT taxonomy_id FROM taxonomies WHERE namespace_id = $namespace_id)
      """
    case .taxonomy:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at, updated_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
        AND taxonomy_versions.version = COALESCE($version, taxonomies.version)
      WHERE namespace_id = $namespace_id AND (taxonomies.taxonomy_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN taxonomies.taxonomy_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .taxonomies:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at, updated_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
        AND taxonomy_versions.version = taxonomies.version
      WHERE namespace_id = $namespace_id ORDER BY taxonomies.created_at, taxonomies.taxonomy_id LIMIT $limit OFFSET $offset
      """
    case .countTaxonomies: "SELECT count(*) FROM taxonomies WHERE namespace_id = $namespace_id"
    case .taxonomyVersions:
      """
      SELECT taxonomies.taxonomy_id, namespace_id, name, description, taxonomy_versions.version, config, metadata, taxonomies.created_at,
        taxonomy_versions.created_at
      FROM taxonomies JOIN taxonomy_versions ON taxonomy_versions.taxonomy_id = taxonomies.taxonomy_id
      WHERE taxonomies.taxonomy_id = $taxonomy_id ORDER BY taxonomy_versions.version DESC, taxonomies.taxonomy_id LIMIT $limit OFFSET $offset
      """
    case .namespaceOfCollection: "SELECT namespace_id FROM collections WHERE collection_id = $collection_id"
    case .documentAt:
      """
      SELECT document_id, collection_id, body, created_at, updated_at FROM documents WHERE collection_id = $collection_id AND position = $position
      """
    case .insertRetriever:
      """
      INSERT INTO retrievers (retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by)
      VALUES ($retriever_id, $namespace_id, $name, $description, $version, $definition, $created_at, $updated_at, $created_by)
      """
    case .updateRetriever:
      """
      UPDATE retrievers SET name = $name, description = $description, version = $version, definition = $definition, updated_at = $updated_at
      WHERE retriever_id = $retriever_id AND version = $expected
      """
    case .deleteRetriever: "DELETE FROM retrievers WHERE retriever_id = $retriever_id"
    case .deleteRetrieversOfNamespace: "DELETE FROM retrievers WHERE namespace_id = $namespace_id"
    case .retriever:
      """
      SELECT retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by FROM retrievers
      WHERE namespace_id = $namespace_id AND (retriever_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN retriever_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .retrievers:
      """
      SELECT retriever_id, namespace_id, name, description, version, definition, created_at, updated_at, created_by FROM retrievers
      WHERE namespace_id = $namespace_id ORDER BY created_at, retriever_id LIMIT $limit OFFSET $offset
      """
    case .countRetrievers: "SELECT count(*) FROM retrievers WHERE namespace_id = $namespace_id"
    case .insertRetrieval:
      """
      INSERT INTO retriever_executions
        (execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details)
      VALUES
        ($execution_id, $retriever_id, $namespace_id, $status, $created_at, $completed_at, $milliseconds, $processed, $returned, $details)
      """
    case .deleteRetrievalsOfRetriever: "DELETE FROM retriever_executions WHERE retriever_id = $retriever_id"
    case .deleteRetrievalsOfNamespace: "DELETE FROM retriever_executions WHERE namespace_id = $namespace_id"
    case .deleteOldRetrievals:
      """
      DELETE FROM retriever_executions WHERE retriever_id = $retriever_id AND execution_id IN (
        SELECT execution_id FROM retriever_executions WHERE retriever_id = $retriever_id
        ORDER BY created_at DESC, execution_id DESC LIMIT $limit OFFSET $keep)
      """
    case .retrieval:
      """
      SELECT execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details
      FROM retriever_executions WHERE retriever_id = $retriever_id AND execution_id = $execution_id
      """
    case .retrievals:
      """
      SELECT execution_id, retriever_id, namespace_id, status, created_at, completed_at, milliseconds, processed, returned, details
      FROM retriever_executions WHERE retriever_id = $retriever_id AND status = COALESCE($status, status)
      ORDER BY created_at DESC, execution_id DESC LIMIT $limit OFFSET $offset
      """
    case .countRetrievals:
      "SELECT count(*) FROM retriever_executions WHERE retriever_id = $retriever_id AND status = COALESCE($status, status)"
    case .insertAlert:
      """
      INSERT INTO alerts (alert_id, namespace_id, name, retriever_id, definition, last_fired_at, raised, created_at, updated_at)
      VALUES ($alert_id, $namespace_id, $name, $retriever_id, $definition, $last_fired_at, $raised, $created_at, $updated_at)
      """
    case .updateAlert:
      """
      UPDATE alerts SET name = $name, retriever_id = $retriever_id, definition = $definition, updated_at = $updated_at
      WHERE alert_id = $alert_id
      """
    case .fireAlert: "UPDATE alerts SET last_fired_at = COALESCE($last_fired_at, last_fired_at), raised = $raised WHERE alert_id = $alert_id"
    case .deleteAlert: "DELETE FROM alerts WHERE alert_id = $alert_id"
    case .deleteAlertsOfNamespace: "DELETE FROM alerts WHERE namespace_id = $namespace_id"
    case .alert:
      """
      SELECT alert_id, namespace_id, definition, last_fired_at, raised, created_at, updated_at FROM alerts
      WHERE namespace_id = $namespace_id AND (alert_id = $identifier OR name = $identifier)
      ORDER BY CASE WHEN alert_id = $identifier THEN 0 ELSE 1 END LIMIT 1
      """
    case .alerts:
      """
      SELECT alert_id, namespace_id, definition, last_fired_at, raised, created_at, updated_at FROM alerts
      WHERE namespace_id = $namespace_id ORDER BY created_at, alert_id LIMIT $limit OFFSET $offset
      """
    case .countAlerts: "SELECT count(*) FROM alerts WHERE namespace_id = $namespace_id"
    case .insertAlertExecution:
      """
      INSERT INTO alert_executions (execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details)
      VALUES ($execution_id, $alert_id, $namespace_id, $collection_id, $triggered, $match_count, $executed_at, $milliseconds, $details)
      """
    case .deleteExecutionsOfAlert: "DELETE FROM alert_executions WHERE alert_id = $alert_id"
    case .deleteAlertExecutionsOfNamespace: "DELETE FROM alert_executions WHERE namespace_id = $namespace_id"
    case .deleteOldAlertExecutions:
      """
      DELETE FROM alert_executions WHERE alert_id = $alert_id AND execution_id IN (
        SELECT execution_id FROM alert_executions WHERE alert_id = $alert_id
        ORDER BY executed_at DESC, execution_id DESC LIMIT $limit OFFSET $keep)
      """
    case .alertExecution:
      """
      SELECT execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details
      FROM alert_executions WHERE namespace_id = $namespace_id AND execution_id = $execution_id
      """
    case .alertExecutions:
      """
      SELECT execution_id, alert_id, namespace_id, collection_id, triggered, match_count, executed_at, milliseconds, details
      FROM alert_executions WHERE namespace_id = $namespace_id AND alert_id = COALESCE($alert_id, alert_id)
      ORDER BY executed_at DESC, execution_id DESC LIMIT $limit OFFSET $offset
      """
    case .countAlertExecutions:
      "SELECT count(*) FROM alert_executions WHERE namespace_id = $namespace_id AND alert_id = COALESCE($alert_id, alert_id)"
    case .putApplication:
      """
      INSERT INTO alert_applications (collection_id, alert_id, namespace_id, ordinal, definition, trigger_id, seen)
      VALUES ($collection_id, $alert_id, $namespace_id, $ordinal, $definition, $trigger_id, $seen)
      ON CONFLICT (collection_id, alert_id) DO UPDATE SET ordinal = $ordinal, definition = $definition, trigger_id = $trigger_id
      """
    case .moveApplication:
      "UPDATE alert_applications SET seen = $seen WHERE collection_id = $collection_id AND alert_id = $alert_id AND seen <= $seen"
    case .deleteApplication: "DELETE FROM alert_applications WHERE collection_id = $collection_id AND alert_id = $alert_id"
    case .deleteApplicationsOfAlert: "DELETE FROM alert_applications WHERE alert_id = $alert_id"
    case .deleteApplicationsOfCollection: "DELETE FROM alert_applications WHERE collection_id = $collection_id"
    case .deleteApplicationsOfNamespace: "DELETE FROM alert_applications WHERE namespace_id = $namespace_id"
    case .application:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications
      WHERE collection_id = $collection_id AND alert_id = $alert_id
      """
    case .applicationsOfCollection:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications WHERE collection_id = $collection_id
      ORDER BY ordinal, alert_id
      """
    case .applicationsOfAlert:
      """
      SELECT collection_id, alert_id, definition, trigger_id, seen FROM alert_applications WHERE alert_id = $alert_id
      ORDER BY collection_id
      """
    case .insertPayloadIndex:
      """
      INSERT INTO payload_indexes (index_id, namespace_id, field, path, kind, protected, origin, ready, created_at)
      VALUES ($index_id, $namespace_id, $field, $path, $kind, $protected, $origin, $ready, $created_at)
      """
    case .updatePayloadIndex:
      "UPDATE payload_indexes SET kind = $kind, protected = $protected, origin = $origin, ready = $ready WHERE index_id = $index_id"
    case .deletePayloadIndex: "DELETE FROM payload_indexes WHERE index_id = $index_id"
    case .deletePayloadIndexesOfNamespace: "DELETE FROM payload_indexes WHERE namespace_id = $namespace_id"
    case .payloadIndexes:
      """
      SELECT index_id, namespace_id, field, kind, protected, origin, ready, created_at FROM payload_indexes
      WHERE namespace_id = $namespace_id ORDER BY index_id
      """
    case .unfinishedIndexes:
      """
      SELECT index_id, namespace_id, field, kind, protected, origin, ready, created_at FROM payload_indexes WHERE ready = 0 ORDER BY index_id
      """
    case .highestPayloadIndex: "SELECT COALESCE(MAX(index_id), 0) FROM payload_indexes"
    case .fillIndex:
      """
      INSERT INTO document_fields (index_id, collection_id, value, position)
      SELECT index_id, collection_id, value, position FROM document_values
      WHERE index_id = $index_id AND collection_id = $collection_id AND position > $after AND position <= $through
      ON CONFLICT (index_id, collection_id, value, position) DO NOTHING
      """
    case .deleteIndexPiece:
      """
      DELETE FROM document_fields WHERE index_id = $index_id AND collection_id = $collection_id AND position > $after AND position <= $through
      """
    case .indexPieceEnd:
      """
      SELECT MAX(position) FROM (
        SELECT position FROM documents WHERE collection_id = $collection_id AND position > $after ORDER BY position LIMIT $limit) AS piece
      """
    }
  }
}
