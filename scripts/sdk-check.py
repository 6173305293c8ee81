"""Calls the operations that perigee serves through the official SDK's raw classes; every answer must pass the SDK's own models.

    python scripts/sdk-check.py PATH/TO/perigee

Prints a line for each call and last `N passed, N failed`.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import mixpeek.api as api
import mixpeek.models as models
from mixpeek import ApiClient, Configuration

passed, failed = 0, 0


def call(what, function, check=lambda answer: True):
    global passed, failed
    try:
        answer = function()
        if not check(answer):
            raise AssertionError(f"unexpected answer {str(answer)[:4000]}")
        passed += 1
        print(f"ok    {what}")
        return answer
    except Exception as error:
        failed += 1
        print(f"FAIL  {what}: {type(error).__name__}: {str(error)[:4000]}")
        return None


def drive(url, key):
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    health, account, namespaces = api.HealthApi(client), api.AccountApi(client), api.NamespacesApi(client)
    call("health", health.healthcheck_health, lambda a: a["status"] == "ok")
    call("liveness", health.liveness_health)
    call("beat", health.celery_beat_health, lambda a: a["beat_running"])
    call("deep health", health.healthcheck_deep_health)
    call("me", account.whoami_me, lambda a: a.organization_id == "org_local")
    indexes = [models.VectorConfigSpec(name="v", dimension=4)]
    call("create namespace", lambda: namespaces.create_namespace(models.CreateNamespaceRequest(namespace_name="sdk", vector_configs=indexes)))
    call("list namespaces", namespaces.list_namespaces, lambda a: any(n.namespace_name == "sdk" for n in a.results))

    collections = api.CollectionsApi(client)
    definition = {"collection_name": "words", "source": {"type": "bucket", "bucket_ids": ["bkt_1"]}}
    call("create collection", lambda: collections.create_collection(models.CreateCollectionRequest.from_dict(definition)))
    call("get collection", lambda: collections.get_collection("words"), lambda a: a.vector_indexes[0].name == "v")
    call("list collections", collections.list_collections, lambda a: a.total_count == 1)

    random.seed(1)
    documents = [
        {"document_id": f"d{i}", "vectors": {"v": [random.random() + (5 if i % 3 == j else 0) for j in range(4)]}, "payload": {"text": f"word{i % 3}"}} for i in range(90)
    ]
    upsert = models.BYOUpsertRequest.from_dict({"collection_id": "words", "documents": documents})
    call("upsert documents", lambda: api.BYODocumentsApi(client).upsert_documents_byo_namespaces("sdk", upsert), lambda a: a.inserted == 90)
    inside = api.CollectionDocumentsApi(client)
    query = models.ListDocumentsRequest.from_dict({"filters": {"AND": [{"field": "text", "operator": "eq", "value": "word1"}]}, "limit": 50})
    call("list documents", lambda: inside.list_documents("words", list_documents_request=query), lambda a: len(a.results) == 30)
    call("get document", lambda: inside.get_document("words", "d1"), lambda a: a.document_id == "d1")
    call("create document", lambda: inside.create_document("words", models.DocumentCreateRequest.from_dict({"vectors": {"v": [1, 2, 3, 4]}, "kind": "x"})))

    clusters, executions, tasks = api.ClustersApi(client), api.ClusterExecutionsApi(client), api.TasksApi(client)
    configuration = {"clustering_method": "kmeans", "kmeans_parameters": {"n_clusters": 3}}
    body = {"collection_ids": ["words"], "cluster_name": "topics", "cluster_type": "vector", "vector_config": configuration}
    cluster = call("create cluster", lambda: clusters.create_cluster(models.CreateClusterRequest.from_dict(body)))
    identifier = cluster.cluster_id
    call("get cluster", lambda: clusters.get_cluster(identifier))
    call("list clusters", clusters.list_clusters, lambda a: a.total_count == 1)
    task = call("execute cluster", lambda: clusters.execute_clustering_clusters(identifier))
    for _ in range(200):
        answer = tasks.get_task(task.task_id)
        if answer.status.value not in ("PENDING", "IN_PROGRESS"):
            break
        time.sleep(0.02)
    call("get task", lambda: tasks.get_task(task.task_id), lambda a: a.status.value == "COMPLETED")
    call("list tasks", tasks.list_tasks)
    call("latest execution", lambda: executions.get_cluster_execution(identifier), lambda a: a.num_clusters == 3 and len(a.centroids) == 3)
    call("list executions", lambda: executions.list_cluster_executions(identifier), lambda a: a.total_count == 1)

    triggers = api.TriggersApi(client)
    schedules = {
        "cron": {"cron_expression": "0 2 * * *", "timezone": "UTC"},
        "interval": {"interval_seconds": 21600},
        "event": {"event_type": "documents_added", "event_threshold": 100, "collection_id": "words", "cooldown_seconds": 300},
        "conditional": {"condition_type": "drift", "threshold": 0.3, "metric": "cosine_drift", "check_interval_seconds": 3600},
    }
    made = None
    for kind, schedule in schedules.items():
        request = models.SharedTriggersModelsCreateTriggerRequest(
            action_type="cluster", action_config={"cluster_id": identifier}, trigger_type=kind, schedule_config=schedule, description=kind
        )
        made = call(f"create {kind} trigger", lambda: triggers.create_trigger(request), lambda a: a.trigger_type.value == kind) or made
    one = made.trigger_id
    call("get trigger", lambda: triggers.get_trigger(one))
    call("list triggers", triggers.list_triggers, lambda a: a.total == 4)
    call("list cron triggers", lambda: triggers.list_triggers_0(models.SharedTriggersModelsListTriggersRequest(trigger_type="cron")), lambda a: a.total == 1)
    call("update trigger", lambda: triggers.update_trigger(one, models.SharedTriggersModelsUpdateTriggerRequest(description="new")), lambda a: a.description == "new")
    call("pause trigger", lambda: triggers.pause_trigger(one), lambda a: a.status.value == "paused")
    call("resume trigger", lambda: triggers.resume_trigger(one), lambda a: a.status.value == "active")
    call("execute trigger", lambda: triggers.execute_trigger_now(one), lambda a: a.task_id)
    call("trigger history", lambda: triggers.get_trigger_history(one), lambda a: a.total == 1)
    call("delete trigger", lambda: triggers.delete_trigger(one), lambda a: a is None)
    try:
        triggers.get_trigger("trg_none")
    except Exception as error:
        call("an absent trigger raises NotFoundException", lambda: error, lambda e: type(e).__name__ == "NotFoundException")


def drive_buckets(url, key):
    """Buckets, objects, batches, processing, and the two actions about them by each type of trigger."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    buckets, objects, batches = api.BucketsApi(client), api.BucketObjectsApi(client), api.BucketBatchesApi(client)
    everywhere, collections, tasks, triggers = api.BatchesApi(client), api.CollectionsApi(client), api.TasksApi(client), api.TriggersApi(client)

    schema = {"properties": {"title": {"type": "string"}, "text": {"type": "text"}, "year": {"type": "integer"}}}
    create = models.BucketCreateRequest.from_dict({"bucket_name": "articles", "bucket_schema": schema, "unique_key": {"fields": ["title"]}})
    bucket = call("create bucket", lambda: buckets.create_bucket(create), lambda a: a.bucket_name == "articles" and a.object_count == 0)
    call("get bucket", lambda: buckets.get_bucket("articles"), lambda a: a.bucket_id == bucket.bucket_id)
    call("list buckets", buckets.list_buckets, lambda a: a.total_count == 1)
    call("list buckets by GET", buckets.list_buckets_get, lambda a: len(a.results) == 1)
    call("patch bucket", lambda: buckets.patch_bucket("articles", models.BucketPatchRequest(description="texts")), lambda a: a.description == "texts")

    definition = {
        "collection_name": "topics",
        "source": {"type": "bucket", "bucket_ids": [bucket.bucket_id]},
        "feature_extractor": {
            "feature_extractor_name": "hashing_extractor",
            "version": "v1",
            "input_mappings": {"text": "text"},
            "parameters": {"dimensions": 64},
        },
    }
    topics = call("create processing collection", lambda: collections.create_collection(models.CreateCollectionRequest.from_dict(definition)))

    one = models.CreateObjectRequest.from_dict({"title": "first", "blobs": [{"property": "text", "type": "text", "data": "a first text"}], "year": 2000})
    made = call("create object", lambda: objects.create_object_buckets("articles", one), lambda a: a.object_id.startswith("obj_"))
    many = [{"title": f"t{i}", "text": f"some words about subject{i % 3}", "year": 2001 + i} for i in range(8)] + [{"title": "empty", "year": 1990}, {"year": "x"}]
    request = models.CreateObjectsBatchRequest.from_dict({"objects": many})
    call("create objects", lambda: objects.create_objects_batch_buckets("articles", request), lambda a: a.succeeded_count == 9 and a.failed_count == 1)
    call("get object", lambda: objects.get_object_buckets("articles", made.object_id), lambda a: a.blobs[0].var_property == "text")
    listing = models.ListObjectsRequest.from_dict({"filters": {"AND": [{"field": "year", "operator": "gte", "value": 2005}]}})
    call("list objects", lambda: objects.list_objects_buckets("articles", list_objects_request=listing), lambda a: len(a.results) == 4)
    change = models.PatchObjectRequest.from_dict({"year": 2020})
    call("patch object", lambda: objects.patch_object_buckets("articles", made.object_id, change), lambda a: a.additional_properties["year"] == 2020)

    def wait(task_id):
        for _ in range(400):
            answer = tasks.get_task(task_id)
            if answer.status.value not in ("PENDING", "IN_PROGRESS"):
                return answer
            time.sleep(0.02)

    everything = models.CreateBatchRequest.from_dict({"filters": {"AND": []}, "batch_name": "all"})
    batch = call("create batch", lambda: batches.create_batch_buckets_batches("articles", everything), lambda a: a.status.value == "DRAFT")
    identifier = batch.batch_id
    task = call("submit batch", lambda: batches.submit_batch_buckets_batches("articles", identifier), lambda a: a.task_id)
    call("the batch's task", lambda: wait(task.task_id), lambda a: a.status.value == "COMPLETED")
    call("get batch", lambda: batches.get_batch_buckets_batches("articles", identifier), lambda a: a.status.value == "COMPLETED_WITH_ERRORS" and a.documents_written == 9)
    call("get batch by id", lambda: everywhere.get_batch_by_id_batches(identifier), lambda a: a.failed_objects[0].error_type == "permanent")
    call("failed documents", lambda: batches.get_failed_documents_buckets_batches_batch("articles", identifier), lambda a: a["total"] == 1)
    call("list batches", lambda: batches.list_batches_buckets("articles"), lambda a: a.total_count == 1)
    call("list all batches", everywhere.list_all_batches, lambda a: a.total_count == 1)
    listed = lambda: api.CollectionDocumentsApi(client).list_documents("topics", list_documents_request=models.ListDocumentsRequest(limit=50))
    call("documents of the batch", listed, lambda a: len(a.results) == 9)
    retry = models.RetryBatchRequest(retry_mode="all")
    call("retry batch", lambda: wait(batches.retry_batch_buckets_batches("articles", identifier, retry)["task_id"]), lambda a: a.status.value == "COMPLETED")
    call("resubmit batch", lambda: wait(batches.resubmit_batch_buckets_batches("articles", identifier)["task_id"]), lambda a: a.status.value == "COMPLETED")
    call("patch batch", lambda: batches.patch_batch_buckets_batches("articles", identifier, models.PatchBatchRequest.from_dict({"metadata": {"notes": "n"}})))

    refused("cancelling a finished batch is a conflict", lambda: everywhere.cancel_batch_by_id_batches(identifier), "ConflictException")
    refused("an absent batch is not found", lambda: everywhere.get_batch_by_id_batches("btch_none"), "NotFoundException")
    refused("an absent bucket is not found", lambda: buckets.get_bucket("nowhere"), "NotFoundException")

    again = models.TriggerCollectionRequest.from_dict({"dedup_strategy": "skip", "source_filters": {"AND": [{"field": "year", "operator": "lt", "value": 2005}]}})
    ran = call("trigger collection", lambda: collections.trigger_collection("topics", trigger_collection_request=again), lambda a: a.total_tiers == 1)
    call("the trigger's task", lambda: wait(ran.task_id), lambda a: a.status.value == "COMPLETED")

    schedules = {
        "cron": {"cron_expression": "0 2 * * *", "timezone": "UTC"},
        "interval": {"interval_seconds": 21600},
        "event": {"event_type": "collection.batch_completed", "event_threshold": 1000, "collection_id": "words"},
        "conditional": {"condition_type": "volume", "threshold": 1000, "check_interval_seconds": 3600, "collection_id": "topics"},
    }
    actions = {
        "batch_rerun": {"batch_id": identifier, "retry_failed_only": False},
        "collection_trigger": {"collection_id": topics.collection_id, "include_buckets": [bucket.bucket_id]},
    }
    for action, config in actions.items():
        for kind, schedule in schedules.items():
            body = models.SharedTriggersModelsCreateTriggerRequest(action_type=action, action_config=config, trigger_type=kind, schedule_config=schedule)
            trigger = call(f"create {kind} trigger of {action}", lambda: triggers.create_trigger(body), lambda a: a.action_type.value == action)
            call(f"its run", lambda: wait(triggers.execute_trigger_now(trigger.trigger_id).task_id), lambda a: a.status.value == "COMPLETED")
            call(f"its history", lambda: triggers.get_trigger_history(trigger.trigger_id), lambda a: a.total == 1 and a.executions[0].status == "COMPLETED")

    draft = call("a draft batch", lambda: batches.create_batch_buckets_batches("articles", models.CreateBatchRequest.from_dict({"object_ids": [made.object_id]}))).batch_id
    other = objects.list_objects_get_buckets("articles").results[-1].object_id
    call("list objects by GET", lambda: objects.list_objects_get_buckets("articles"), lambda a: len(a.results) > 0)
    more = models.AddObjectsToBatchRequest.from_dict({"object_ids": [other]})
    call("extend batch", lambda: batches.add_objects_to_batch_buckets_batches("articles", draft, more), lambda a: a.batch_id == draft)
    # Enough to be stopped in the middle.
    for start in range(0, 1000, 100):
        long = [{"title": f"long {start + i}", "text": " ".join(f"w{random.randrange(9999)}" for _ in range(400))} for i in range(100)]
        objects.create_objects_batch_buckets("articles", models.CreateObjectsBatchRequest.from_dict({"objects": long}))
    for what, cancel in (
        ("cancel batch", lambda batch: batches.cancel_batch_buckets_batches("articles", batch)),
        ("cancel batch by id", lambda batch: everywhere.cancel_batch_by_id_batches(batch)),
    ):
        large = batches.create_batch_buckets_batches("articles", models.CreateBatchRequest.from_dict({"filters": {"AND": []}})).batch_id
        batches.submit_batch_buckets_batches("articles", large)
        call(what, lambda: cancel(large))
        for _ in range(500):
            if everywhere.get_batch_by_id_batches(large).status.value not in ("PENDING", "IN_PROGRESS"):
                break
            time.sleep(0.02)
    put = models.UpdateObjectRequest.from_dict({"title": "first", "text": "new", "year": 2021})
    call("put object", lambda: objects.update_object_buckets("articles", made.object_id, put), lambda a: a.object_id == made.object_id)
    whole = models.BucketUpdateRequest.from_dict({"bucket_name": "articles", "description": "all of them"})
    call("put bucket", lambda: buckets.update_bucket("articles", whole), lambda a: a.description == "all of them")
    call("delete object", lambda: objects.delete_object_buckets("articles", made.object_id), lambda a: a is None)
    call("delete batch", lambda: batches.delete_batch_buckets_batches("articles", identifier), lambda a: a.success)
    # What the triggers above have started may still run.
    for _ in range(1500):
        if not any(b.status.value in ("PENDING", "IN_PROGRESS") for b in everywhere.list_all_batches(models.ListBatchesRequest(limit=1000)).results):
            break
        time.sleep(0.02)
    call("delete bucket", lambda: buckets.delete_bucket("articles"), lambda a: a["success"])


def drive_taxonomies(url, key):
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    taxonomies, inside, tasks = api.TaxonomiesApi(client), api.CollectionDocumentsApi(client), api.TasksApi(client)
    collections, triggers = api.CollectionsApi(client), api.TriggersApi(client)
    source = {"type": "bucket", "bucket_ids": ["bkt_1"]}
    for name in ("shelves", "goods"):
        call(f"create collection {name}", lambda: collections.create_collection(models.CreateCollectionRequest.from_dict({"collection_name": name, "source": source})))
    bulk = api.BYODocumentsApi(client)
    shelves = [{"document_id": f"s{j}", "vectors": {"v": [1.0 if i == j else 0.0 for i in range(4)]}, "payload": {"label": f"shelf {j}"}} for j in range(3)]
    goods = [{"document_id": f"g{i}", "vectors": {"v": [5.0 if i % 3 == j else 0.1 for j in range(4)]}} for i in range(30)]
    for name, documents in (("shelves", shelves), ("goods", goods)):
        upsert = models.BYOUpsertRequest.from_dict({"collection_id": name, "documents": documents})
        call(f"fill {name}", lambda: bulk.upsert_documents_byo_namespaces("sdk", upsert), lambda a: a.inserted == len(documents))
    mapping = [{"input_key": "query", "source_type": "vector", "path": "v"}]
    fields = [{"field_path": "label", "target_field": "shelf"}]
    every = {"stage_name": "nodes", "stage_type": "filter", "config": {"stage_id": "attribute_filter", "parameters": {"field": "label", "operator": "exists", "value": True}}}
    search = models.CreateRetrieverRequest.from_dict({"retriever_name": "nodes", "collection_identifiers": ["shelves"], "stages": [every]})
    found = call("create retriever of a taxonomy", lambda: api.RetrieversApi(client).create_retriever(search), lambda a: a.retriever_name == "nodes")
    config = {"taxonomy_type": "flat", "retriever_id": found.retriever_id, "input_mappings": mapping, "source_collection": {"collection_id": "shelves", "enrichment_fields": fields}}
    request = models.CreateTaxonomyRequest.from_dict({"taxonomy_name": "shop", "config": config})
    made = call("create taxonomy", lambda: taxonomies.create_taxonomy_taxonomies(request), lambda a: a.version == 1 and a.ready)
    identifier = made.taxonomy_id
    call("get taxonomy", lambda: taxonomies.get_taxonomy_taxonomies("shop"), lambda a: a.taxonomy_id == identifier)
    call("list taxonomies", taxonomies.list_taxonomies, lambda a: a.total_count == 1)
    call("list taxonomies by POST", taxonomies.list_taxonomies_0, lambda a: a.total_count == 1)
    patch = models.PatchTaxonomyRequest(description="of the shop")
    call("patch taxonomy", lambda: taxonomies.patch_taxonomy_taxonomies(identifier, patch), lambda a: a.description == "of the shop")
    clone = models.CloneTaxonomyRequest.from_dict({"taxonomy_name": "copy"})
    call("clone taxonomy", lambda: taxonomies.clone_taxonomy_taxonomies(identifier, clone), lambda a: a.source_taxonomy_id == identifier)
    call("new version", lambda: taxonomies.create_taxonomy_version_taxonomies(identifier, {"config": config}), lambda a: a.version == 2)
    call("list versions", lambda: taxonomies.list_taxonomy_versions_taxonomies(identifier), lambda a: a.total_count == 2)
    sample = {"source_documents": [{"document_id": "g1", "collection_id": "goods"}]}
    for what, execute in (("execute", taxonomies.execute_taxonomy_taxonomies_0), ("execute, old path", taxonomies.execute_taxonomy_taxonomies)):
        call(f"{what} taxonomy", lambda: execute(identifier, models.Payload.from_dict(sample) if execute == taxonomies.execute_taxonomy_taxonomies else models.Payload1.from_dict(sample)), lambda a: a.matches[0].label == "shelf 1")

    def ended(task_id):
        for _ in range(200):
            answer = tasks.get_task(task_id)
            if answer.status.value not in ("PENDING", "IN_PROGRESS"):
                return answer
            time.sleep(0.02)
        return answer

    apply = models.ApplyTaxonomyRequest(taxonomy_id=identifier)
    answer = call("apply taxonomy", lambda: api.CollectionTaxonomiesApi(client).apply_taxonomy_to_collection("goods", apply), lambda a: a.estimated_documents == 30)
    call("its task", lambda: ended(answer.task_id), lambda a: a.status.value == "COMPLETED")
    call("an enriched document", lambda: inside.get_document("goods", "g1"), lambda a: "shelf 1" in str(a.to_dict()))
    documents = [{"collection_id": "goods", "document_id": "g2"}, {"collection_id": "goods", "document_id": "none"}]
    from_documents = models.CreateTaxonomyFromDocumentsRequest.from_dict({"taxonomy_name": "picked", "node_label": "two", "documents": documents})
    call("taxonomy from documents", lambda: taxonomies.create_taxonomy_from_documents_taxonomies(from_documents), lambda a: a.documents_used == 1 and a.taxonomy_created)
    node = models.CreateNodeFromDocumentsRequest.from_dict({"node_label": "one", "documents": documents[:1]})
    call("node from documents", lambda: taxonomies.create_taxonomy_node_from_documents_taxonomies("picked", node), lambda a: a.node_label == "one")
    tree = {"taxonomy_type": "hierarchical", "path_field": "shelf", "inference_collections": ["goods"]}
    request = models.CreateTaxonomyRequest.from_dict({"taxonomy_name": "tree", "config": tree})
    call("hierarchical taxonomy", lambda: taxonomies.create_taxonomy_taxonomies(request), lambda a: a.config.actual_instance.path_field == "shelf")
    call("its nodes", lambda: taxonomies.get_taxonomy_taxonomies("tree"), lambda a: len(a.nodes) == 3)

    enrichment = {"taxonomy_id": identifier, "collection_id": "goods", "incremental": True, "batch_size": 500, "parallelism": 8}
    schedules = {
        "interval": {"interval_seconds": 21600},
        "event": {"event_type": "documents_added", "event_threshold": 100, "collection_id": "goods"},
        "conditional": {"condition_type": "volume", "threshold": 1000, "check_interval_seconds": 3600, "collection_id": "goods"},
        "cron": {"cron_expression": "0 3 * * *"},
    }
    for kind, schedule in schedules.items():
        request = models.SharedTriggersModelsCreateTriggerRequest(action_type="taxonomy_enrichment", action_config=enrichment, trigger_type=kind, schedule_config=schedule)
        trigger = call(f"enrichment by {kind} trigger", lambda: triggers.create_trigger(request), lambda a: a.action_type.value == "taxonomy_enrichment")
    fired = call("execute enrichment trigger", lambda: triggers.execute_trigger_now(trigger.trigger_id), lambda a: a.task_id)
    call("its task", lambda: ended(fired.task_id), lambda a: a.status.value == "COMPLETED")
    call("delete taxonomy", lambda: taxonomies.delete_taxonomy_taxonomies("tree"))


def drive_retrievers(url, key):
    """Retrievers, the alerts that watch what they find, indexes, and webhooks, through the raw classes."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    retrievers, alerts, hooks, triggers = api.RetrieversApi(client), api.AlertsApi(client), api.WebhooksApi(client), api.TriggersApi(client)
    tasks, namespaces = api.TasksApi(client), api.NamespacesApi(client)
    search = {"input_mode": "vector", "value": "{{INPUT.v}}"}
    stage = {
        "stage_name": "near",
        "stage_type": "filter",
        "config": {"stage_id": "feature_search", "parameters": {"searches": [{"feature_uri": "mixpeek://passthrough_extractor@v1/v", "query": search, "top_k": 5}]}},
    }
    definition = {"retriever_name": "near", "collection_identifiers": ["goods"], "stages": [stage], "input_schema": {"v": {"type": "array"}}}
    request = models.CreateRetrieverRequest.from_dict(definition)
    call("create retriever", lambda: retrievers.create_retriever(request))
    identifier = call("get retriever", lambda: retrievers.get_retriever("near"), lambda a: a.retriever_name == "near").retriever_id
    call("list retrievers by GET", retrievers.list_retrievers_get, lambda a: len(a.results) == 2)
    call("list retrievers", retrievers.list_retrievers, lambda a: len(a.results) == 2)
    inputs = {"v": [1, 0, 0, 0]}
    run = models.ExecuteRetrieverRequest.from_dict({"inputs": inputs})
    found = call("execute retriever", lambda: retrievers.execute_retriever(identifier, run), lambda a: len(a.documents) == 5)
    call("list executions of it", lambda: retrievers.list_executions_retrievers(identifier), lambda a: len(a.results) == 1)
    call("one execution", lambda: retrievers.get_execution_retrievers(identifier, found.execution_id))
    patch = models.PatchRetrieverRequest.from_dict({"description": "the nearest"})
    call("patch retriever", lambda: retrievers.patch_retriever(identifier, patch))

    channel = {"channel_type": "webhook", "channel_id": "hook"}
    watch = {"name": "watch", "retriever_id": identifier, "inputs": inputs, "notification_config": {"channels": [channel]}}
    call("create alert", lambda: alerts.create_alert(models.CreateAlertRequest.from_dict(watch)))
    call("get alert", lambda: alerts.get_alert("watch"), lambda a: a.retriever_id == identifier)
    call("list alerts by GET", alerts.list_alerts)
    call("list alerts", alerts.list_alerts_0)
    call("patch alert", lambda: alerts.patch_alert("watch", models.PatchAlertRequest.from_dict({"description": "looks"})))
    schedule = {"interval_seconds": 3600}
    for action, config in (("alert_evaluation", {"alert_id": "watch"}), ("retriever_execution", {"retriever_id": identifier, "inputs": inputs})):
        body = models.SharedTriggersModelsCreateTriggerRequest(action_type=action, action_config=config, trigger_type="interval", schedule_config=schedule)
        trigger = call(f"{action} by interval trigger", lambda: triggers.create_trigger(body), lambda a: a.action_type.value == action)
        started = call(f"execute {action}", lambda: triggers.execute_trigger_now(trigger.trigger_id))
        for _ in range(200):
            task = tasks.get_task(started.task_id)
            if task.status.value not in ("PENDING", "IN_PROGRESS"):
                break
            time.sleep(0.05)
        call(f"{action} ends well", lambda: task, lambda a: a.status.value == "COMPLETED")
        triggers.delete_trigger(trigger.trigger_id)
    latest = call("latest result of an alert", lambda: alerts.get_latest_result_alerts("watch"))
    call("executions of an alert", lambda: alerts.list_alert_executions("watch"), lambda a: len(a.results) == 1)
    call("executions of all alerts", alerts.list_all_executions_alerts, lambda a: len(a.results) == 1)
    call("one execution of an alert", lambda: alerts.get_execution_alerts(latest.execution_id))
    call("delete alert", lambda: alerts.delete_alert("watch"))
    call("delete retriever", lambda: retrievers.delete_retriever(identifier))
    call("ensure indexes", lambda: namespaces.ensure_namespace_indexes("sdk"))

    hook = {"webhook_name": "hook", "event_types": ["trigger.created"], "channels": [{"channel": "webhook", "configs": {"url": "http://127.0.0.1:9/hook"}}]}
    made = call("create webhook", lambda: hooks.create_webhook_organizations(models.WebhookInput.from_dict(hook)))
    call("get webhook", lambda: hooks.get_webhook_organizations("hook"), lambda a: a.webhook_id == made.webhook_id)
    call("list webhooks", hooks.list_webhooks_organizations, lambda a: len(a.results) == 1)
    call("replace webhook", lambda: hooks.update_webhook_organizations("hook", models.WebhookInput.from_dict({**hook, "is_active": False})))
    call("delete webhook", lambda: hooks.delete_webhook_organizations("hook"))


def drive_documents(url, key):
    """Documents in bulk, across collections, and in numbers."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    inside, everywhere, namespaces = api.CollectionDocumentsApi(client), api.DocumentsApi(client), api.NamespacesApi(client)
    by_text = {"group_by": [{"field": "text", "alias": "word"}], "aggregations": [{"function": "count", "alias": "n"}], "sort_by": "n", "limit": 3}
    aggregation = models.DocumentAggregationRequest.from_dict(by_text)
    call("aggregate", lambda: inside.aggregate_documents("words", aggregation), lambda a: len(a.results) == 3 and a.results[0].metrics["n"] == 30 and a.total_groups >= 3)
    count = models.DocumentAggregationRequest.from_dict({"aggregations": [{"function": "count", "alias": "total"}]})
    call("count by aggregation", lambda: inside.aggregate_documents("words", count), lambda a: a.results[0].metrics["total"] == 91)
    distinct = models.DistinctValuesRequest(field="text")
    call("distinct values", lambda: inside.distinct_document_values("words", distinct), lambda a: a.total_distinct == 3 and a.values[0].count == 30)
    call("count", lambda: inside.count_documents("words"), lambda a: a.count == 91)
    updates = [{"document_id": "d1", "update_data": {"text": "new"}}, {"document_id": "none", "update_data": {"text": "new"}}]
    batch = models.BatchUpdateDocumentsRequest.from_dict({"updates": updates})
    call("batch update", lambda: inside.batch_update("words", batch), lambda a: a.updated_count == 1 and a.failed_count == 1 and a.results[0].success)
    where = {"AND": [{"field": "text", "operator": "eq", "value": "word2"}]}
    bulk = models.BulkUpdateDocumentsRequest.from_dict({"filters": where, "update_data": {"metadata.seen": True}})
    call("bulk update", lambda: inside.bulk_update("words", bulk), lambda a: a.updated_count == 30 and a.status == "COMPLETED")
    call("patch document", lambda: inside.patch_document("words", "d2", {"text": "patched"}), lambda a: a.additional_properties["text"] == "patched")
    call("put document", lambda: inside.update_document("words", "d2", {"text": "put"}), lambda a: a.additional_properties["text"] == "put")
    call("patch document anywhere", lambda: everywhere.patch_document_ns("d2", {"text": "x"}), lambda a: a.additional_properties["text"] == "x")
    call("put document anywhere", lambda: everywhere.update_document_ns("d2", {"text": "y"}), lambda a: a.additional_properties["text"] == "y")
    call("get document anywhere", lambda: everywhere.get_document_ns("d2", return_vectors=True), lambda a: len(a.additional_properties["v"]) == 4)
    call("document of a namespace", lambda: api.BYODocumentsApi(client).get_document_byo_namespaces("sdk", "d2"), lambda a: a["document_id"] == "d2")
    get = models.BatchGetDocumentsRequest(document_ids=["d1", "d2", "none"])
    call("batch get", lambda: everywhere.batch_get(get), lambda a: len(a.documents) == 2 and a.not_found == ["none"])
    listing = models.NamespaceListDocumentsRequest.from_dict({"collection_ids": ["words", "nowhere"], "include_total": True})
    call("list across collections", lambda: everywhere.list_documents_ns(namespace_list_documents_request=listing), lambda a: a.pagination.total == 91 and a.unknown_collection_ids == ["nowhere"])
    several = models.BatchListDocumentsRequest.from_dict({"queries": [{"key": "one", "request": {"collection_ids": ["words"], "limit": 2}}]})
    call("several lists", lambda: everywhere.list_documents_batch(several), lambda a: len(a.results[0].response.results) == 2)
    delete = models.BatchDeleteDocumentsRequest(document_ids=["d80", "none"])
    call("batch delete", lambda: inside.batch_delete("words", delete), lambda a: a.deleted_count == 1 and a.failed_count == 1)
    call("delete document", lambda: inside.delete_document("words", "d81"), lambda a: a.success)
    call("list documents by GET", lambda: inside.list_documents_0("words", limit=3), lambda a: len(a.results) == 3)
    call("patch namespace", lambda: namespaces.patch_namespace("sdk", models.PatchNamespaceRequest.from_dict({"description": "new"})), lambda a: a.description == "new")
    put = models.UpdateNamespaceRequest.from_dict({"namespace_name": "sdk", "description": "put"})
    call("put namespace", lambda: namespaces.update_namespace("sdk", put), lambda a: a.namespace_name == "sdk")
    collections = api.CollectionsApi(client)
    call("features", lambda: collections.describe_collection_features("words"), lambda a: a.features[0].feature_address == "v" and a.features[0].vector_index.dimensions == 4)
    call("list collections by GET", collections.list_collections_get, lambda a: a.total_count >= 1)
    call("namespace", lambda: namespaces.get_namespace("sdk"), lambda a: a.namespace_name == "sdk")
    call("namespace stats", lambda: namespaces.get_namespace_stats("sdk"), lambda a: a.document_count >= 89 and a.collection_count >= 1)
    stats = models.NamespaceStatsBatchRequest(namespace_ids=["sdk", "nowhere"])
    call("stats of namespaces", lambda: namespaces.get_namespace_stats_batch(stats), lambda a: list(a.stats) == ["sdk"])
    again = models.BYOUpsertRequest.from_dict({"collection_id": "words", "documents": [{"document_id": "once", "vectors": {"v": [1, 1, 1, 1]}}], "options": {"idempotency_key": "k"}})
    for time_ in ("first", "second"):
        call(f"idempotent upsert, {time_} time", lambda: api.BYODocumentsApi(client).upsert_documents_byo_namespaces("sdk", again), lambda a: a.inserted == 1)


def drive_cluster_triggers(url, key):
    """The older triggers, and the table of a run."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    triggers, clusters, executions, tasks = api.ClusterTriggersApi(client), api.ClustersApi(client), api.ClusterExecutionsApi(client), api.TasksApi(client)
    identifier = clusters.list_clusters().results[0].cluster_id
    body = {"execution_config": {"collection_ids": ["words"], "config": {"algorithm": "kmeans", "n_clusters": 3}}, "trigger_type": "cron"}
    create = models.SharedClustersTriggersModelsCreateTriggerRequest.from_dict({**body, "schedule_config": {"cron_expression": "0 2 * * *", "timezone": "UTC"}})
    made = call("create cluster trigger", lambda: triggers.create_trigger_clusters(create), lambda a: a.execution_config.config["n_clusters"] == 3)
    of_cluster = models.SharedClustersTriggersModelsCreateTriggerRequest.from_dict(
        {"cluster_id": identifier, "trigger_type": "interval", "schedule_config": {"interval_seconds": 3600}}
    )
    call("cluster trigger of a cluster", lambda: triggers.create_trigger_clusters(of_cluster), lambda a: a.cluster_id == identifier and a.execution_config.collection_ids)
    one = made.trigger_id
    call("get cluster trigger", lambda: triggers.get_trigger_clusters(one), lambda a: a.trigger_id == one)
    every = models.SharedClustersTriggersModelsListTriggersRequest()
    call("list cluster triggers", lambda: triggers.list_triggers_clusters(every), lambda a: a.total >= 2 and all(t.execution_config for t in a.results))
    change = models.SharedClustersTriggersModelsUpdateTriggerRequest(description="new")
    call("update cluster trigger", lambda: triggers.update_trigger_clusters(one, change), lambda a: a.description == "new")
    call("pause cluster trigger", lambda: triggers.pause_trigger_clusters(one), lambda a: a.status.value == "paused")
    call("resume cluster trigger", lambda: triggers.resume_trigger_clusters(one), lambda a: a.status.value == "active")
    task = api.TriggersApi(client).execute_trigger_now(one)
    for _ in range(200):
        if tasks.get_task(task.task_id).status.value == "COMPLETED":
            break
        time.sleep(0.02)
    call("cluster trigger history", lambda: triggers.get_trigger_history_clusters(one, models.TriggerHistoryRequest()), lambda a: a.executions[0].num_clusters == 3)
    call("delete cluster trigger", lambda: triggers.delete_trigger_clusters(one), lambda a: a is None)

    run = executions.get_cluster_execution(identifier).run_id
    call("get execution", lambda: executions.get_cluster_execution_by_run(identifier, run, include_vectors=True), lambda a: a.run_id == run)
    call("export as csv", lambda: executions.export_cluster_execution_id_run(identifier, run, format="csv"), lambda a: a.startswith("row_type,"))
    call("export", lambda: executions.export_cluster_execution_id_run(identifier, run), lambda a: a["rows"] > 90)
    call("groups", lambda: clusters.get_cluster_groups(identifier), lambda a: a.total_groups == 3 and sum(g.member_count for g in a.groups) == a.total_documents)
    call("visualization", lambda: clusters.get_cluster_visualization(identifier))
    labels = models.PatchExecutionLabelsRequest.from_dict({"labels": {"cl_0": "first"}})
    call("label execution", lambda: executions.patch_execution_labels_clusters_id_run(identifier, run, labels), lambda a: True)
    name = models.PatchExecutionRunNameRequest.from_dict({"run_name": "named"})
    call("name execution", lambda: executions.patch_execution_run_name_clusters(identifier, run, name), lambda a: a.run_name == "named")
    unnamed = models.PatchExecutionRunNameRequest(run_name="")
    call("take the name away", lambda: executions.patch_execution_run_name_clusters(identifier, run, unnamed), lambda a: not a.run_name)
    call("list clusters by GET", clusters.list_clusters_get, lambda a: a.total_count >= 1)
    call("patch cluster", lambda: clusters.patch_cluster(identifier, models.PatchClusterRequest.from_dict({"description": "new"})), lambda a: a.description == "new")

    # Long enough to be stopped in the middle.
    random.seed(2)
    many = [{"document_id": f"m{i}", "vectors": {"v": [random.random() for _ in range(4)]}} for i in range(4000)]
    for start in range(0, 4000, 1000):
        upsert = models.BYOUpsertRequest.from_dict({"collection_id": "daily_many", "documents": many[start:start + 1000]})
        if start == 0:
            api.CollectionsApi(client).create_collection(models.CreateCollectionRequest.from_dict({"collection_name": "daily_many", "source": {"type": "bucket", "bucket_ids": ["bkt_1"]}}))
        api.BYODocumentsApi(client).upsert_documents_byo_namespaces("sdk", upsert)
    slow = {"clustering_method": "kmeans", "kmeans_parameters": {"n_clusters": 800, "n_init": 1000, "max_iter": 10000, "tol": 1e-12}}
    definition = {"collection_ids": ["daily_many"], "cluster_name": "slow", "cluster_type": "vector", "vector_config": slow}
    slow_one = call("create a slow cluster", lambda: clusters.create_cluster(models.CreateClusterRequest.from_dict(definition))).cluster_id
    for what, stop in (
        ("cancel execution", lambda task, run: executions.cancel_execution_clusters_id_run(slow_one, run)),
        ("cancel task", lambda task, run: tasks.kill_task(task)),
    ):
        task = clusters.execute_clustering_clusters(slow_one)
        for _ in range(500):
            running = executions.get_cluster_execution(slow_one)
            if running and running.status == "processing":
                break
            time.sleep(0.01)
        call(what, lambda: stop(task.task_id, running.run_id))
        for _ in range(500):
            if tasks.get_task(task.task_id).status.value == "CANCELED":
                break
            time.sleep(0.01)
        call("it is cancelled", lambda: tasks.get_task(task.task_id), lambda a: a.status.value == "CANCELED")
    call("delete cluster", lambda: clusters.delete_cluster(slow_one))


def drive_keys(url, key):
    client = ApiClient(Configuration(host=url, access_token=key))
    keys, email = api.OrganizationAPIKeysApi(client), "ann@example.com"
    create = models.APIKeyCreateRequest(name="laptop", permissions=["read", "write"], rate_limit_override=600)
    made = call("create key", lambda: keys.create_key_organizations_users_email(email, create), lambda a: a.key.startswith("sk_") and a.user_id == email)
    call("list keys", lambda: keys.list_keys_organizations_users_email(email), lambda a: a["total"] == 1 and "key" not in a["results"][0])
    update = models.APIKeyUpdateRequest(name="desk", permissions=["read"])
    call("update key", lambda: keys.update_key_organizations_users_email_name(email, "laptop", update), lambda a: a.name == "desk" and [p.value for p in a.permissions] == ["read"])
    other = call("rotate key", lambda: keys.rotate_key_organizations_users_email_name(email, "desk"), lambda a: a.key != made.key)
    reader = ApiClient(Configuration(host=url, access_token=other.key))
    call("who it is", lambda: api.AccountApi(reader).whoami_me(), lambda a: a.key.name == "desk" and a.user_email == email)
    refused("a key is refused what it does not allow", lambda: api.OrganizationAPIKeysApi(reader).list_keys_organizations_users_email(email), "ForbiddenException")
    refused("a rotated secret opens nothing", lambda: api.AccountApi(ApiClient(Configuration(host=url, access_token=made.key))).whoami_me(), "UnauthorizedException")
    call("revoke key", lambda: keys.delete_key_organizations_users_email_name(email, "desk"), lambda a: a.success)


def refused(what, function, name):
    """The call must raise this class of the SDK."""
    try:
        function()
    except Exception as error:
        return call(what, lambda: error, lambda e: type(e).__name__ == name)
    call(what, lambda: None, lambda a: False)


def drive_wrapper(url, key):
    """The hand-written client, as its own documentation uses it."""
    from mixpeek import Mixpeek

    client = Mixpeek(api_key=key, base_url=url + "/v1", namespace="wrapped")
    made = call("Mixpeek namespaces.create", lambda: client.namespaces.create(namespace_id="wrapped", vector_configs=[{"name": "v", "dimension": 2, "metric": "cosine"}]))
    call("Mixpeek namespaces.create, managed", lambda: client.namespaces.create(name="managed", feature_extractors=[]), lambda a: a["namespace_name"] == "managed")
    call("Mixpeek namespaces.list", client.namespaces.list, lambda a: any(n["namespace_name"] == "wrapped" for n in a["results"]))
    call("Mixpeek namespaces.get", lambda: client.namespaces.get("wrapped"), lambda a: a["namespace_id"] == made["namespace_id"])
    documents = [{"document_id": f"w{i}", "vectors": {"v": [1, i]}, "payload": {"n": i}} for i in range(5)]
    collection = call("Mixpeek collections.create", lambda: client.collections.create(name="things", source={"type": "bucket", "bucket_ids": ["bkt_x"]}))
    call("Mixpeek documents.upsert", lambda: client.namespaces.documents.upsert(namespace_id="wrapped", collection_id="things", documents=documents), lambda a: a["inserted"] == 5)
    call("Mixpeek collections.list", client.collections.list)
    call("Mixpeek collections.get", lambda: client.collections.get("things"), lambda a: a["collection_id"] == collection["collection_id"])
    call("Mixpeek collections.update", lambda: client.collections.update("things", description="new"), lambda a: True)
    call("Mixpeek documents.list", lambda: client.documents.list("things", page_size=3), lambda a: len(a["results"]) == 3)
    call("Mixpeek documents.get", lambda: client.documents.get("things", "w1"), lambda a: a["n"] == 1)
    call("Mixpeek documents.update", lambda: client.documents.update("things", "w1", update_data={"n": 7}), lambda a: a["n"] == 7)
    call("Mixpeek documents.batch_update", lambda: client.documents.batch_update("things", updates=[{"document_id": "w2", "update_data": {"n": 8}}]), lambda a: a["updated_count"] == 1)
    call("Mixpeek documents.delete", lambda: client.documents.delete("things", "w3"), lambda a: a["success"])
    schema = {"properties": {"text": {"type": "text"}}}
    bucket = call("Mixpeek buckets.create", lambda: client.buckets.create(name="box", bucket_schema=schema), lambda a: a["bucket_name"] == "box")
    call("Mixpeek buckets.list", client.buckets.list)
    call("Mixpeek buckets.get", lambda: client.buckets.get(bucket["bucket_id"]))
    call("Mixpeek buckets.list_objects", lambda: client.buckets.list_objects(bucket["bucket_id"]), lambda a: a["results"] == [])
    call("Mixpeek tasks.list", client.tasks.list)
    call("Mixpeek buckets.delete", lambda: client.buckets.delete(bucket["bucket_id"]))
    call("Mixpeek collections.delete", lambda: client.collections.delete("things"))
    call("Mixpeek documents without a collection", lambda: client.namespaces.documents.upsert(namespace_id="wrapped", documents=[{"document_id": "near", "vectors": {"v": [1, 0]}}, {"document_id": "far", "vectors": {"v": [0, 1]}}]), lambda a: a["inserted"] == 2)
    call("Mixpeek search by vectors", lambda: client.search(namespace_id="wrapped", queries=[{"vector_name": "v", "vector": [1, 0.1], "top_k": 1}]), lambda a: [d["document_id"] for d in a["documents"]] == ["near"])
    gone = call("Mixpeek namespaces.delete", lambda: client.namespaces.delete("managed"), lambda a: a["task_id"])
    call("Mixpeek tasks.get of a deletion", lambda: client.tasks.get(gone["task_id"]), lambda a: a["status"] == "COMPLETED")
    call("Mixpeek tasks.delete of none", lambda: client.tasks.delete("task_none"), lambda a: a["success"])


def drive_curl(url, key):
    """The calls that people type: bodies word for word, and what must come of them."""

    def send(method, path, body=None, agent="curl/8"):
        headers = {"Authorization": f"Bearer {key}", "X-Namespace": "sdk", "Content-Type": "application/json", "User-Agent": agent}
        request = urllib.request.Request(url + path, body.encode() if body else None, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    cluster = api.ClustersApi(client).list_clusters().results[0].cluster_id
    taxonomy = api.TaxonomiesApi(client).list_taxonomies().results[0].taxonomy_id
    send("POST", "/v1/collections", '{"collection_name":"daily"}')
    daily = send("GET", "/v1/collections/daily")[1]["collection_id"]
    daily_at_two = '"trigger_type":"cron","schedule_config":{"cron_expression":"0 2 * * *","timezone":"UTC"},"description":"Daily clustering at 2am"}'
    unified = {
        "cron": '{"action_type":"cluster","action_config":{"cluster_id":"%s"},' % cluster + daily_at_two,
        "filters and outputs": '{"action_type":"cluster","action_config":{"cluster_id":"%s","filters":{"status":"active"},"output_collection_ids":["%s"]},' % (cluster, daily) + daily_at_two,
        "enrichment": '{"action_type":"taxonomy_enrichment","action_config":{"taxonomy_id":"%s","collection_id":"goods","batch_size":1000},"trigger_type":"interval","schedule_config":{"interval_seconds":21600},"description":"Enrich"}' % taxonomy,
        "incremental enrichment": '{"action_type":"taxonomy_enrichment","action_config":{"taxonomy_id":"%s","collection_id":"goods","incremental":true},"trigger_type":"interval","schedule_config":{"interval_seconds":21600}}' % taxonomy,
        "enrichment elsewhere": '{"action_type":"taxonomy_enrichment","action_config":{"taxonomy_id":"%s","collection_id":"goods","target_collection_id":"daily","incremental":true,"batch_size":500,"parallelism":8},"trigger_type":"cron","schedule_config":{"cron_expression":"0 3 * * *","timezone":"UTC"}}' % taxonomy,
    }
    made = None
    for what, body in unified.items():
        status, made = call(f"curl: {what}", lambda: send("POST", "/v1/triggers", body), lambda a: a[0] == 200 and a[1]["status"] == "active") or (0, made)
    one = made["trigger_id"]
    old = {
        "cron and kmeans": '{"execution_config":{"collection_ids":["words"],"config":{"algorithm":"kmeans","n_clusters":5}},"trigger_type":"cron","schedule_config":{"cron_expression":"0 2 * * *","timezone":"UTC"},"description":"Daily clustering at 2am UTC"}',
        "kmeans with min_cluster_size": '{"execution_config":{"collection_ids":["words"],"config":{"algorithm":"kmeans","min_cluster_size":2,"n_clusters":5}},"trigger_type":"cron","schedule_config":{"cron_expression":"0 2 * * *","timezone":"UTC"}}',
        "interval and hdbscan": '{"execution_config":{"collection_ids":["words"],"config":{"algorithm":"hdbscan","min_cluster_size":10,"min_samples":5}},"trigger_type":"interval","schedule_config":{"interval_seconds":21600}}',
        "event": '{"execution_config":{"collection_ids":["words"],"config":{"algorithm":"kmeans","n_clusters":3}},"trigger_type":"event","schedule_config":{"event_type":"documents_added","event_threshold":100,"collection_id":"words","cooldown_seconds":300}}',
        "conditional": '{"execution_config":{"collection_ids":["words"],"config":{"algorithm":"hdbscan","min_cluster_size":5}},"trigger_type":"conditional","schedule_config":{"condition_type":"drift","threshold":0.3,"metric":"cosine_drift","check_interval_seconds":3600}}',
        "of a cluster": '{"cluster_id":"%s","trigger_type":"interval","schedule_config":{"interval_seconds":3600,"start_immediately":true}}' % cluster,
    }
    for what, body in old.items():
        call(f"curl: old trigger, {what}", lambda: send("POST", "/v1/clusters/triggers", body), lambda a: a[0] == 201 and a[1]["execution_config"]["collection_ids"])
    generated = "OpenAPI-Generator/1.3.783/python"
    call("the SDK is answered 200", lambda: send("POST", "/v1/clusters/triggers", old["cron and kmeans"], generated), lambda a: a[0] == 200)
    neither = lambda: send("POST", "/v1/clusters/triggers", '{"trigger_type":"cron","schedule_config":{"cron_expression":"0 2 * * *"}}')
    fields = lambda a: [e["field"] for e in a[1]["error"]["details"]["validation_errors"]]
    call("curl: neither cluster nor configuration", neither, lambda a: a[0] == 422 and fields(a) == ["execution_config", "cluster_id"] and len(a[1]["detail"]) == 2)
    call("curl: list", lambda: send("POST", "/v1/triggers/list", '{"action_type":"cluster"}'), lambda a: a[0] == 200 and a[1]["total"] > 0)
    call("curl: get", lambda: send("GET", f"/v1/triggers/{one}"), lambda a: a[0] == 200 and a[1]["is_overdue"] is False)
    call("curl: patch", lambda: send("PATCH", f"/v1/triggers/{one}", '{"description":"x"}'), lambda a: a[0] == 200)
    call("curl: patch what cannot be", lambda: send("PATCH", f"/v1/triggers/{one}", '{"action_type":"cluster"}'), lambda a: a[0] == 422)
    call("curl: execute", lambda: send("POST", f"/v1/triggers/{one}/execute"), lambda a: a[0] == 200 and a[1]["task_id"])
    call("curl: pause", lambda: send("POST", f"/v1/triggers/{one}/pause"), lambda a: a[1]["status"] == "paused")
    call("curl: resume", lambda: send("POST", f"/v1/triggers/{one}/resume"), lambda a: a[1]["status"] == "active")
    call("curl: history", lambda: send("GET", f"/v1/triggers/{one}/history"), lambda a: a[0] == 200 and a[1]["trigger_id"] == one)
    call("curl: delete", lambda: send("DELETE", f"/v1/triggers/{one}"), lambda a: a == (204, None))
    call("curl: an unknown field is named", lambda: send("POST", "/v1/triggers", '{"action_typ":"cluster"}'), lambda a: a[0] == 422 and a[1]["error"]["details"]["did_you_mean"] == "action_type")
    call("curl: a body that is not JSON", lambda: send("POST", "/v1/triggers", "{"), lambda a: a[0] == 400)


def drive_combinations(url, key):
    """Each type of trigger with each action, in the seed's own words: made, run, read, listed, changed, deleted."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    triggers, tasks = api.TriggersApi(client), api.TasksApi(client)
    first = lambda answer, name: getattr(answer.results[0], name)
    retriever = first(api.RetrieversApi(client).list_retrievers(), "retriever_id")
    alert = api.AlertsApi(client).create_alert(models.CreateAlertRequest.from_dict({
        "name": "of combinations", "retriever_id": retriever, "inputs": {},
        "notification_config": {"channels": [{"channel_type": "webhook", "config": {"url": "http://127.0.0.1:9/"}}]}}))
    collections = {c.collection_name: c.collection_id for c in api.CollectionsApi(client).list_collections(limit=100).results}
    buckets, objects = api.BucketsApi(client), api.BucketObjectsApi(client)
    bucket = buckets.create_bucket(models.BucketCreateRequest.from_dict({"bucket_name": "combined", "bucket_schema": {"properties": {"text": {"type": "text"}}}}))
    objects.create_object_buckets(bucket.bucket_id, models.CreateObjectRequest.from_dict({"text": "a text"}))
    definition = {"collection_name": "combined", "source": {"type": "bucket", "bucket_ids": [bucket.bucket_id]}, "feature_extractor": {"feature_extractor_name": "hashing_extractor", "version": "v1", "input_mappings": {"text": "text"}}}
    api.CollectionsApi(client).create_collection(models.CreateCollectionRequest.from_dict(definition))
    process = api.CollectionsApi(client).trigger_collection("combined")
    for _ in range(300):
        if tasks.get_task(process.task_id).status.value == "COMPLETED":
            break
        time.sleep(0.02)
    batch = first(api.BatchesApi(client).list_all_batches(models.ListBatchesRequest(bucket_id=bucket.bucket_id)), "batch_id")
    actions = {
        "cluster": {"cluster_id": first(api.ClustersApi(client).list_clusters(), "cluster_id")},
        "taxonomy_enrichment": {"taxonomy_id": first(api.TaxonomiesApi(client).list_taxonomies(), "taxonomy_id"), "collection_id": "goods"},
        "batch_rerun": {"batch_id": batch},
        "collection_trigger": {"collection_id": "combined"},
        "retriever_execution": {"retriever_id": retriever},
        "alert_evaluation": {"alert_id": alert.alert_id},
    }
    schedules = {
        "cron": {"cron_expression": "0 2 * * *", "timezone": "UTC"},
        "interval": {"interval_seconds": 21600},
        "event": {"event_type": "documents_added", "event_threshold": 100, "collection_id": collections["words"], "cooldown_seconds": 300},
        "conditional": {"condition_type": "drift", "threshold": 0.3, "metric": "cosine_drift", "check_interval_seconds": 3600},
    }
    for action, config in actions.items():
        for kind, schedule in schedules.items():
            request = models.SharedTriggersModelsCreateTriggerRequest(action_type=action, action_config=config, trigger_type=kind, schedule_config=schedule, name=f"{action} {kind}")
            made = call(f"{action} by {kind}", lambda: triggers.create_trigger(request), lambda a: a.status.value == "active")
            if made is None:
                continue
            one = made.trigger_id
            task = call(f"{action} by {kind}: execute", lambda: triggers.execute_trigger_now(one), lambda a: a.task_id)
            for _ in range(300):
                if tasks.get_task(task.task_id).status.value not in ("PENDING", "IN_PROGRESS"):
                    break
                time.sleep(0.02)
            call(f"{action} by {kind}: its last run", lambda: triggers.get_trigger(one), lambda a: a.last_execution_task_id == task.task_id and a.last_triggered_at)
            call(f"{action} by {kind}: history", lambda: triggers.get_trigger_history(one), lambda a: a.total == 1 and a.executions[0].task_id == task.task_id)
            listed = models.SharedTriggersModelsListTriggersRequest(action_type=action, trigger_type=kind, limit=100)
            call(f"{action} by {kind}: list", lambda: triggers.list_triggers_0(listed), lambda a: any(t.trigger_id == one for t in a.results))
            paused = models.SharedTriggersModelsUpdateTriggerRequest(schedule_config=schedule, status="paused")
            call(f"{action} by {kind}: update", lambda: triggers.update_trigger(one, paused), lambda a: a.status.value == "paused")
            call(f"{action} by {kind}: delete", lambda: triggers.delete_trigger(one), lambda a: a is None)


def drive_applications(url, key):
    """Taxonomies and clusterings at a collection, which run when documents come or a batch ends; lists of documents as they can be asked for."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    collections, inside, executions = api.CollectionsApi(client), api.CollectionDocumentsApi(client), api.ClusterExecutionsApi(client)
    body = {"collection_ids": ["combined"], "cluster_name": "of batches", "cluster_type": "vector", "auto_execute_on_batch": True, "auto_execute_min_documents": 2,
            "auto_execute_cooldown_seconds": 0, "vector_config": {"clustering_method": "kmeans", "kmeans_parameters": {"n_clusters": 2}}}
    cluster = call("a cluster that runs after batches", lambda: api.ClustersApi(client).create_cluster(models.CreateClusterRequest.from_dict(body))).cluster_id
    call("is an application of its collection", lambda: collections.get_collection("combined"), lambda a: [c.cluster_id for c in a.cluster_applications] == [cluster])
    bucket = next(b.bucket_id for b in api.BucketsApi(client).list_buckets().results if b.bucket_name == "combined")
    for number in range(3):
        api.BucketObjectsApi(client).create_object_buckets(bucket, models.CreateObjectRequest.from_dict({"text": f"text number {number}"}))
    collections.trigger_collection("combined")

    def ran():
        for _ in range(1500):
            latest = executions.get_cluster_execution(cluster)
            if latest is not None and latest.status == "completed":
                return latest
            time.sleep(0.02)

    call("runs after a batch", ran, lambda a: a.num_clusters == 2)
    taxonomy = api.TaxonomiesApi(client).list_taxonomies().results[0].taxonomy_id
    walked = []
    for _ in range(50):
        page = collections.list_collections(limit=2, cursor=walked[-1].pagination.next_cursor if walked else None)
        walked.append(page)
        if page.pagination.next_cursor is None:
            break
    everything = [c.collection_id for c in collections.list_collections(limit=1000).results]
    call("collections page by page", lambda: [c.collection_id for page in walked for c in page.results], lambda a: a == everything and len(walked) > 2)
    call("a collection is disabled", lambda: collections.update_collection("combined", {"enabled": False}), lambda a: a.enabled is False)
    refused("and processes nothing", lambda: collections.trigger_collection("combined"), "ConflictException")
    call("until it is enabled", lambda: collections.update_collection("combined", {"enabled": True}), lambda a: a.enabled)
    call("a taxonomy at a collection", lambda: collections.update_collection("words", {"taxonomy_applications": [{"taxonomy_id": taxonomy, "priority": 5}]}), lambda a: a.taxonomy_applications[0].priority == 5)
    fresh = models.BYOUpsertRequest.from_dict({"collection_id": "words", "documents": [{"document_id": "fresh", "vectors": {"v": [1, 0, 0, 0]}}]})
    api.BYODocumentsApi(client).upsert_documents_byo_namespaces("sdk", fresh)

    def enriched():
        for _ in range(1500):
            document = inside.get_document("words", "fresh").to_dict()
            if any(key.endswith("_label") for key in document.get("_internal", {})):
                return document
            time.sleep(0.02)

    call("enriches what comes", enriched, lambda a: a["document_id"] == "fresh")
    applied = lambda a: [c.taxonomy_applications[0].taxonomy_id for c in a.results if c.taxonomy_applications]
    call("and is shown in lists", lambda: collections.list_collections(limit=1000), lambda a: applied(a) == [taxonomy])
    ask = lambda **body: inside.list_documents("words", list_documents_request=models.ListDocumentsRequest.from_dict(body))
    call("documents by groups", lambda: ask(group_by="text", include_total=True), lambda a: len(a.groups) >= 3 and a.group_by_field == "text" and a.pagination.total == len(a.groups))
    call("documents by a text", lambda: ask(search="WORD1", include_total=True), lambda a: 0 < a.total_documents <= 30)
    call("documents by a pattern", lambda: ask(filters={"AND": [{"field": "text", "operator": "regex", "value": "^word[01]$"}]}, include_total=True), lambda a: 30 < a.total_documents <= 60)
    shares = call("documents by shares", lambda: [ask(partition={"index": i, "count": 3}, limit=1000) for i in range(3)])
    call("which hold each once", lambda: [d.document_id for s in shares for d in s.results], lambda a: len(a) == len(set(a)) >= 90)


def unlike(sent, got, path=""):
    """Where what was sent does not come back."""
    if isinstance(sent, dict):
        return [place for key, value in sent.items() for place in unlike(value, got.get(key) if isinstance(got, dict) else None, f"{path}.{key}")]
    if isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
        return [place for i, pair in enumerate(zip(sent, got)) for place in unlike(*pair, f"{path}[{i}]")]
    return [] if sent == got else [f"{path}: {sent!r} became {got!r}"]


def drive_reading_back(url, key):
    """What is sent is found again: every parameter of every algorithm, and what is only kept."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    clusters, collections = api.ClustersApi(client), api.CollectionsApi(client)
    two = {"collection_name": "two", "source": {"type": "direct_upsert"}, "feature_extractor": {"feature_extractor_name": "passthrough_extractor", "version": "v1", "parameters": {
        "extractor_type": "passthrough_extractor", "vector_fields": [{"field": "a", "name": "a", "dimensions": 2}, {"field": "b", "name": "b", "dimensions": 3, "distance": "euclidean"}]}}}
    call("a collection of two indexes", lambda: collections.create_collection(models.CreateCollectionRequest.from_dict(two)), lambda a: {"a", "b"} <= {i.name for i in a.vector_indexes})
    algorithms = {
        "kmeans": models.KMeansParams(n_clusters=3, max_iter=50, tol=0.01, n_init=2), "dbscan": models.DBSCANParams(eps=0.6, min_samples=3), "hdbscan": models.HDBSCANParams(min_cluster_size=4, alpha=1.5),
        "agglomerative": models.AgglomerativeParams(n_clusters=3, linkage="average"), "spectral": models.SpectralParams(n_clusters=3, gamma=0.5), "gaussian_mixture": models.GaussianMixtureParams(n_components=3),
        "mean_shift": models.MeanShiftParams(bandwidth_quantile=0.3), "optics": models.OPTICSParams(min_samples=4),
    }
    kept = {"sample_size": 500, "vis_n_components": 3, "layout_stability": "none", "preprocessing_steps": [{"method": "whitening", "regularization": 0.5}]}
    for name, parameters in algorithms.items():
        body = models.CreateClusterRequest.from_dict({"collection_ids": ["two"], "cluster_name": f"back {name}", "cluster_type": "vector", "llm_labeling": {"provider": "openai", "candidate_labels": ["x"]},
                                                      "vector_config": {"clustering_method": name, **kept}})
        body.vector_config.algorithm_params = models.AlgorithmParams(parameters)
        said = {**kept, "algorithm": name, "algorithm_params": {k: v for k, v in parameters.to_dict().items() if v is not None and k not in ("verbose", "n_jobs")}}
        made = call(f"{name} is told as it was said", lambda: clusters.create_cluster(body), lambda a: unlike(said, a.to_dict()) == [] and a.llm_labeling.candidate_labels)
        call(f"{name}, read", lambda: clusters.get_cluster(f"back {name}"), lambda a: unlike(said, a.to_dict()) == [])
        clusters.delete_cluster(made.cluster_id)
    grouping = {"attributes": ["kind", "n"], "hierarchical_grouping": True, "aggregation_method": "count"}
    body = models.CreateClusterRequest.from_dict({"collection_ids": ["two"], "cluster_type": "attribute", "attribute_config": grouping})
    call("a grouping is told as it was said", lambda: clusters.create_cluster(body), lambda a: (a.clustered_attributes, a.hierarchical_grouping, a.aggregation_method) == tuple(grouping.values()))
    old = {"trigger_type": "interval", "schedule_config": {"interval_seconds": 60}, "execution_config": {"collection_ids": ["two"], "config": {"algorithm": "kmeans", "n_clusters": 2}}}
    call("of two indexes the first is meant", lambda: api.ClusterTriggersApi(client).create_trigger_clusters(models.SharedClustersTriggersModelsCreateTriggerRequest.from_dict(old)), lambda a: a.trigger_id)
    configs = [{"name": "v", "dimension": 2, "metric": metric} for metric in ("dot_product",)]
    call("a namespace's metric", lambda: api.NamespacesApi(client).create_namespace(models.CreateNamespaceRequest.from_dict({"namespace_name": "metrics", "vector_configs": configs})), lambda a: a.vector_configs == configs)


def drive_filters(url, key):
    """Each operator, alone and nested, in a body and in a query, against what Python says of the same documents; pages of every list to their ends."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    inside = api.CollectionDocumentsApi(client)
    rows = {f"f{i}": {"kind": "abc"[i % 3], "n": i, "x": i * 1.5, "on": i % 2 == 0, "title": f"The {'abc'[i % 3]} fox number {i}", "tags": [f"t{i % 4}"], "in": {"n": i % 5}, **({"may": 1} if i % 4 else {})} for i in range(24)}
    api.CollectionsApi(client).create_collection(models.CreateCollectionRequest.from_dict({"collection_name": "filtered", "source": {"type": "direct_upsert"}}))
    api.BYODocumentsApi(client).upsert_documents_byo_namespaces("sdk", models.BYOUpsertRequest.from_dict({"collection_id": "filtered", "documents": [{"document_id": i, "vectors": {}, "payload": row} for i, row in rows.items()]}))
    conditions = [
        ("kind", "eq", "a", lambda r: r["kind"] == "a"), ("kind", "ne", "a", lambda r: r["kind"] != "a"), ("x", "gt", 9, lambda r: r["x"] > 9), ("x", "gte", 9, lambda r: r["x"] >= 9),
        ("n", "lt", 5, lambda r: r["n"] < 5), ("n", "lte", 5, lambda r: r["n"] <= 5), ("n", "in", [1, 5, 99], lambda r: r["n"] in (1, 5)), ("kind", "nin", ["a", "b"], lambda r: r["kind"] == "c"),
        ("title", "contains", "FOX NUMBER 1", lambda r: "fox number 1" in r["title"].lower()), ("tags", "contains", "t1", lambda r: "t1" in r["tags"]), ("title", "starts_with", "the b", lambda r: r["title"].lower().startswith("the b")),
        ("title", "ends_with", "7", lambda r: r["title"].endswith("7")), ("title", "regex", "number 1[0-3]$", lambda r: re.search("number 1[0-3]$", r["title"])), ("may", "exists", True, lambda r: "may" in r),
        ("may", "is_null", True, lambda r: "may" not in r), ("title", "text", "A FOX", lambda r: "a fox" in r["title"].lower()), ("title", "phrase", "b fox", lambda r: "b fox" in r["title"]),
        ("title", "words", "foxes number", lambda r: True), ("in.n", "eq", 3, lambda r: r["in"]["n"] == 3), ("on", "eq", True, lambda r: r["on"]),
    ]
    one = lambda c: {"field": c[0], "operator": c[1], "value": c[2]}
    cases = [({"AND": [one(c)]}, c[3], c[1]) for c in conditions]
    for c, d in zip(conditions, conditions[7:] + conditions[:7]):
        cases.append(({"OR": [one(c), {"NOT": [one(d)]}]}, lambda r, c=c, d=d: c[3](r) or not d[3](r), f"{c[1]} or not {d[1]}"))
        cases.append(({"AND": [one(c), {"OR": [one(d)]}]}, lambda r, c=c, d=d: c[3](r) and d[3](r), f"{c[1]} and {d[1]}"))
        cases.append(({"NOT": [one(c), one(d)]}, lambda r, c=c, d=d: not c[3](r) and not d[3](r), f"neither {c[1]} nor {d[1]}"))
    found = lambda a: {d.document_id for d in a.results}
    for filters, passes, what in cases:
        wanted = {i for i, row in rows.items() if passes(row)}
        body = models.ListDocumentsRequest.from_dict({"filters": filters, "limit": 100})
        call(f"filter: {what}", lambda: inside.list_documents("filtered", list_documents_request=body), lambda a: found(a) == wanted)
        call(f"filter by GET: {what}", lambda: inside.list_documents_0("filtered", limit=100, filters=json.dumps(filters)), lambda a: found(a) == wanted)
    lists = {
        "documents": (lambda **q: inside.list_documents("filtered", **q), "document_id"), "documents by GET": (lambda **q: inside.list_documents_0("filtered", **q), "document_id"),
        "collections": (api.CollectionsApi(client).list_collections, "collection_id"), "namespaces": (api.NamespacesApi(client).list_namespaces, "namespace_id"), "tasks": (api.TasksApi(client).list_tasks, "task_id"),
        "clusters": (api.ClustersApi(client).list_clusters, "cluster_id"), "taxonomies": (api.TaxonomiesApi(client).list_taxonomies_0, "taxonomy_id"), "retrievers": (api.RetrieversApi(client).list_retrievers, "retriever_id"),
        "buckets": (api.BucketsApi(client).list_buckets, "bucket_id"),
    }
    ids = lambda answer, name: [getattr(row, name) for row in answer.results]

    def walked(ask, name, step, by):
        seen, at = [], {}
        for turn in range(500):
            page = ask(limit=step, **at)
            if not page.results:
                break
            seen += ids(page, name)
            cursor = page.to_dict()["pagination"].get("next_cursor")
            if by in ("offset", "page"):
                at = {by: len(seen) if by == "offset" else turn + 2}
            elif cursor is None:
                break
            else:
                at = {by: cursor}
        return seen

    for what, (ask, name) in lists.items():
        everything = ids(ask(limit=1000), name)
        for by in ("offset", "page", "cursor", "next_cursor", "after"):
            call(f"{what} by {by}", lambda: walked(ask, name, max(2, len(everything) // 4), by), lambda a: a == everything)
    generated = models.NamespaceListDocumentsRequest(collection_ids=["filtered"])
    call("the query's page beside generated defaults", lambda: api.DocumentsApi(client).list_documents_ns(page_size=3, namespace_list_documents_request=generated), lambda a: len(a.results) == 3)


def drive_batch_words(url, key):
    """What is said twice about a batch, objects of which none is taken, and searches with filters beside their stages."""
    client = ApiClient(Configuration(host=url, access_token=key))
    client.set_default_header("X-Namespace", "sdk")
    batches, objects = api.BucketBatchesApi(client), api.BucketObjectsApi(client)
    bucket = next(b.bucket_id for b in api.BucketsApi(client).list_buckets().results if b.bucket_name == "combined")
    thing = objects.list_objects_buckets(bucket).results[0].object_id
    create = lambda body, **query: batches.create_batch_buckets_batches(bucket, models.CreateBatchRequest.from_dict({"object_ids": [thing], **body}), **query)
    for body, query, submits in (({"auto_submit": True}, {}, True), ({"auto_submit": True}, {"auto_submit": False}, False), ({}, {"trigger_processing": True}, True), ({}, {}, False)):
        call(f"a batch with {body} and {query}", lambda: create(body, **query), lambda a: (a.status.value != "DRAFT") == submits)
    unknown = models.CreateBatchRequest.from_dict({"object_ids": [thing, "obj_none"]})
    refused("an object that is not there", lambda: batches.create_batch_buckets_batches(bucket, unknown), "NotFoundException")
    call("which nobody looks for", lambda: batches.create_batch_buckets_batches(bucket, unknown, skip_validation=True), lambda a: len(a.object_ids) == 2)
    none = models.CreateObjectsBatchRequest.from_dict({"objects": [{"blobs": [{"property": "text", "type": "text", "data": "x"}], "idempotency_key": ""}]})
    try:
        objects.create_objects_batch_buckets(bucket, none)
        call("objects of which none is taken", lambda: None, lambda a: False)
    except Exception as error:
        call("objects of which none is taken", lambda: json.loads(error.body), lambda a: a["status"] == 422 and a["failed_count"] == 1 and a["succeeded"] == [] and a["detail"])
    retrievers = api.RetrieversApi(client)
    config = {"stage_id": "feature_search", "parameters": {"searches": [], "final_top_k": 100}, "pre_filters": {"AND": [{"field": "kind", "operator": "eq", "value": "{{INPUT.kind}}"}]}, "post_filters": {"AND": [{"field": "n", "operator": "lt", "value": 9}]}}
    body = {"retriever_name": "beside", "collection_identifiers": ["filtered"], "input_schema": {"kind": {"type": "string"}}, "stages": [{"stage_name": "all", "config": config}]}
    made = call("filters beside a stage", lambda: retrievers.create_retriever(models.CreateRetrieverRequest.from_dict(body)), lambda a: a.stages[0].config == config)
    run = models.ExecuteRetrieverRequest.from_dict({"inputs": {"kind": "a"}, "limit": 100})
    call("are passed", lambda: retrievers.execute_retriever(made.retriever_id, run), lambda a: {d["document_id"] for d in a.documents} == {"f0", "f3", "f6"})


def coverage(url, key):
    """Every operation that the contract has and the server serves must have been answered with success."""
    ask = lambda path: urllib.request.urlopen(urllib.request.Request(url + path, headers={"Authorization": f"Bearer {key}"})).read().decode()
    description, measured = json.loads(ask("/openapi.json")), ask("/metrics")
    driven = set(re.findall(r'perigee_http_requests_total\{operation="(\w+)",status="2\d\d"\}', measured))
    served = {o["operationId"]: o["x-sdk"] for item in description["paths"].values() for o in item.values() if "x-sdk" in o}
    missing = sorted(f"{name} ({served[name]})" for name in set(served) - driven)
    call(f"{len(served)} operations of the contract were driven", lambda: missing, lambda a: a == [])


def main():
    folder = tempfile.mkdtemp(prefix="perigee-sdk-")
    store = os.path.join(folder, "sdk.db")
    server = subprocess.Popen([sys.argv[1], "serve", "--store", store, "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        banner = json.loads(server.stdout.readline())
        drive(banner["url"], banner["key"])
        drive_buckets(banner["url"], banner["key"])
        drive_taxonomies(banner["url"], banner["key"])
        drive_retrievers(banner["url"], banner["key"])
        for more in (drive_documents, drive_cluster_triggers, drive_combinations, drive_applications, drive_reading_back, drive_filters, drive_batch_words, drive_keys, drive_wrapper, drive_curl):
            more(banner["url"], banner["key"])
        coverage(banner["url"], banner["key"])
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
