"""What the official packages make of events: azure-eventgrid, cloudevents and standardwebhooks (all from PyPI).

Standard input is a JSON array of jobs, standard output the array of their answers, in the same order. A job names what is
done under "do"; what a package refuses is answered as {"refused": why}. Bodies and bytes are in base64.
"""

import base64
import json
import sys
from datetime import datetime, timezone

from azure.core.credentials import AzureKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.core.messaging import CloudEvent as AzureCloudEvent
from azure.core.serialization import NULL
from azure.eventgrid import EventGridEvent, EventGridPublisherClient, generate_sas
from cloudevents.core.bindings import http as binding
from cloudevents.core.bindings.http import HTTPMessage
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

ATTRIBUTES = ["id", "source", "type", "specversion", "subject", "time", "datacontenttype", "dataschema"]


def moment(time):
    """A time as all packages know it: to the microsecond, in UTC."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def shown(attributes, extensions, data):
    """An event with every attribute that it has, for comparison."""
    event = {name: value for name, value in attributes.items() if value is not None and value is not NULL}
    if "time" in event:
        event["time"] = moment(event["time"])
    event["extensions"] = dict(extensions or {})
    if isinstance(data, bytes):
        event["bytes"] = base64.b64encode(data).decode()
    elif data is not None:
        event["data"] = None if data is NULL else data
    return event


def of_azure(event):
    attributes = {name: getattr(event, name) for name in ATTRIBUTES}
    return shown(attributes, event.extensions, event.data)


def of_cloudevents(event):
    every = event.get_attributes()
    attributes = {name: every.get(name) for name in ATTRIBUTES}
    extensions = {name: value for name, value in every.items() if name not in ATTRIBUTES}
    return shown(attributes, extensions, event.get_data())


def of_event_grid(event):
    names = ["id", "topic", "subject", "event_type", "data_version", "metadata_version"]
    members = {name: getattr(event, name) for name in names if getattr(event, name) is not None}
    return {**members, "event_time": moment(event.event_time), "data": event.data}


def read(job):
    body = base64.b64decode(job["body"])
    match job["as"]:
        case "azure-cloud-event":
            return [of_azure(AzureCloudEvent.from_json(body.decode()))]
        case "azure-cloud-events":
            return [of_azure(AzureCloudEvent.from_dict(event)) for event in json.loads(body)]
        case "azure-event-grid-events":
            return [of_event_grid(EventGridEvent.from_json(json.dumps(event))) for event in json.loads(body)]
        case "cloudevents":
            return [of_cloudevents(binding.from_http_event(HTTPMessage(job["headers"], body)))]
        case "cloudevents-batch":
            elements = [json.dumps(event) for event in json.loads(body)]
            return [of_cloudevents(JSONFormat().read(None, element)) for element in elements]


def data_of(event):
    return base64.b64decode(event["bytes"]) if "bytes" in event else event.get("data")


def write(job):
    """A message of the package cloudevents, whose attributes are given as text."""
    event = job["event"]
    attributes = {name: event[name] for name in ATTRIBUTES if name in event} | event["extensions"]
    if "time" in attributes:
        attributes["time"] = time_of(attributes["time"])
    made = CloudEvent(attributes, data_of(event))
    match job["mode"]:
        case "structured":
            message = binding.to_structured_event(made)
        case "binary":
            message = binding.to_binary_event(made)
    return {"headers": message.headers, "body": base64.b64encode(message.body).decode()}


def azure_event(event):
    known = {name: event[name] for name in ATTRIBUTES if name in event and name != "time"}
    time = {"time": time_of(event["time"])}
    return AzureCloudEvent(**known, **time, data=data_of(event), extensions=event["extensions"] or None)


def event_grid_event(event):
    known = {name: value for name, value in event.items() if name != "event_time"}
    return EventGridEvent(**known, event_time=time_of(event["event_time"]))


def publish(job):
    """Sends events by the Azure client, with its own retries switched off by what it is answered."""
    credential = AzureKeyCredential(job["key"]) if "key" in job else AzureSasCredential(job["sas"])
    topic = {"namespace_topic": job["namespace-topic"]} if "namespace-topic" in job else {}
    make = event_grid_event if job["schema"] == "event-grid" else azure_event
    client = EventGridPublisherClient(job["endpoint"], credential, **topic)
    with client:
        try:
            client.send([make(event) for event in job["events"]])
        except HttpResponseError as error:
            return {"refused": error.status_code}
    return {"sent": len(job["events"])}


def verify(job):
    body = base64.b64decode(job["body"])
    try:
        return {"verified": Webhook(job["secret"]).verify(body, job["headers"])}
    except WebhookVerificationError as error:
        return {"refused": str(error)}


def sign(job):
    at = datetime.fromtimestamp(job["timestamp"], timezone.utc)
    return Webhook(job["secret"]).sign(job["id"], at, base64.b64decode(job["body"]).decode())


JOBS = {
    "read": read,
    "write": write,
    "publish": publish,
    # An expiry is written as str() has it, so a text stands for itself.
    "generate-sas": lambda job: generate_sas(job["endpoint"], job["key"], job["expiry"]),
    "verify": verify,
    "sign": sign,
}

json.dump([JOBS[job["do"]](job) for job in json.load(sys.stdin)], sys.stdout)
