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
  case putTriggerDefinition, deleteTriggerDefinition, deleteTriggerDefinitionsOfNamespace
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
  case highestPayloadIndex, fillIndex, indexDocument, isIndexed, deleteIndexPiece, indexPieceEnd

  package var name: String { "\(self)" }

  /// The texts stand in a file for each room; a name that none of them knows would be no statement, and a test prepares them all.
  package var sql: String {
    ownersSQL ?? collectionsSQL ?? clustersSQL ?? triggersSQL ?? tasksSQL ?? eventsSQL ?? bucketsSQL ?? syncsSQL ?? scriptsSQL ?? retrievalSQL ?? ""
  }
}
