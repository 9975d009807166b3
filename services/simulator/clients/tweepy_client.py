"""tweepy against the simulator: rules, stream, search with pages, counts, look-up, compliance, users, 429, disconnects."""

import json
import os
import sys
import threading
import time

import requests

import connect_proxy

host, port = os.environ["SIMULATOR"].rsplit(":", 1)
os.environ["HTTPS_PROXY"] = connect_proxy.start((host, int(port)))
os.environ.pop("NO_PROXY", None)
os.environ.pop("no_proxy", None)

import tweepy  # noqa: E402  after the proxy is known

FAULTS = "https://api.twitter.com/simulator/v1/faults/"
failures = []


def check(name, holds, seen=None):
    print("%s %s" % ("ok  " if holds else "FAIL", name), "" if holds else "saw %.300r" % (seen,))
    if not holds:
        failures.append(name)


def wait(name, holds, seconds=30):
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        threading.Event().wait(0.05)
    check(name, holds())


class Reader(tweepy.StreamingClient):
    def __init__(self):
        super().__init__("a-token", wait_on_rate_limit=False)
        self.responses, self.errors, self.refused, self.alive, self.connects, self.closed = [], [], [], 0, 0, 0

    def on_connect(self):
        self.connects += 1

    def on_response(self, response):
        self.responses.append(response)

    def on_errors(self, errors):
        self.errors += errors

    def on_request_error(self, status_code):
        self.refused.append(status_code)

    def on_closed(self, response):
        self.closed += 1

    def on_keep_alive(self):
        self.alive += 1


def order(name, body=""):
    requests.post(FAULTS + name, data=body, timeout=10).raise_for_status()


reader = Reader()
check("no rules at first", reader.get_rules().data is None)
added = reader.add_rules([tweepy.StreamRule("(#cat OR #dog) has:images", "a"), tweepy.StreamRule("#kitty has:videos", "b")])
check("two rules are added", added.meta["summary"]["created"] == 2, added)
check("the same again is none", reader.add_rules(tweepy.StreamRule("#kitty has:videos", "c")).errors)
check("a rule that is none", reader.add_rules(tweepy.StreamRule("-#kitty", "d")).errors)
check("both are listed", [r.tag for r in reader.get_rules().data] == ["a", "b"])

thread = reader.filter(
    threaded=True,
    tweet_fields=["created_at", "public_metrics", "entities", "edit_history_tweet_ids"],
    expansions=["author_id", "attachments.media_keys", "referenced_tweets.id"],
    media_fields=["url", "variants", "alt_text"],
    user_fields=["username", "verified", "public_metrics"],
)
wait("posts come", lambda: len(reader.responses) >= 100)
first = reader.responses[0]
check("a post has its fields", first.data.created_at and first.data.public_metrics and first.matching_rules, first)
check("the author comes along", first.includes["users"][0].id == first.data.author_id, first)
order("stall_with_heartbeats", '{"for":"3s"}')
wait("a silence has keep-alives", lambda: reader.alive > 0)
before = len(reader.responses)
order("operational_disconnect")
wait("a disconnect is told", lambda: any("disconnect" in e["title"] for e in reader.errors))
wait("it connects again by itself", lambda: reader.connects >= 2 and len(reader.responses) > before)
before = len(reader.responses)
order("cut_mid_line")
wait("a cut line does not end it", lambda: reader.connects >= 3 and len(reader.responses) > before)
second = Reader()
busy = second.filter(threaded=True)
wait("a second connection is a 429", lambda: 429 in second.refused)
second.disconnect()

client = tweepy.Client("a-token")
threading.Event().wait(2)  # until search finds what has come
found = client.search_recent_tweets("#cat has:images", max_results=10, tweet_fields=["created_at"])
check("search finds posts", found.data and len(found.data) == 10, found)
pages = [p.data for p in tweepy.Paginator(client.search_recent_tweets, "#cat has:images", max_results=10, limit=3)]
ids = [t.id for page in pages for t in page or []]
check("search has pages", len(pages) == 3 and len(ids) == len(set(ids)) == 30 and ids == sorted(ids, reverse=True), [len(p or []) for p in pages])
newer = client.search_recent_tweets("#cat has:images", since_id=ids[5], max_results=10)
check("search goes on from an id", all(t.id > ids[5] for t in newer.data), newer)
counts = client.get_recent_tweets_count("#cat", granularity="minute")
check("counts add up", counts.meta["total_tweet_count"] == sum(c["tweet_count"] for c in counts.data) > 0, counts)
looked = client.get_tweets([ids[0], ids[1], 20], tweet_fields=["public_metrics"])
check("look-up finds two of three", len(looked.data) == 2 and looked.errors[0]["resource_id"] == "20", looked)
order("deletions")
streamed = [r.data.id for r in list(reader.responses)[-100:]]
gone = {e["resource_id"] for e in client.get_tweets(streamed).errors if e["type"].endswith("/resource-not-found")}
check("deleted posts are not found", len(gone) >= 5, gone)
job = client.create_compliance_job("tweets", name="a test").data
check("a compliance job waits for ids", job["status"] == "created", job)
try:
    client.create_compliance_job("tweets")
    check("a second job is a conflict", False)
except tweepy.HTTPException as e:
    check("a second job is a conflict", e.response.status_code == 409, e)
sent = requests.put(job["upload_url"], data="\n".join(map(str, streamed)), headers={"Content-Type": "text/plain"}, timeout=10)
check("ids are taken", sent.status_code == 200, sent.text)
wait("the job completes", lambda: client.get_compliance_job(job["id"]).data["status"] == "complete")
check("the job is listed", [j["id"] for j in client.get_compliance_jobs("tweets", status="complete").data] == [job["id"]])
results = [json.loads(line) for line in requests.get(job["download_url"], timeout=10).text.splitlines()]
check("the job names the deleted posts", {r["id"] for r in results} == gone and {r["reason"] for r in results} == {"deleted"}, results)
author = client.get_tweet(ids[0], expansions=["author_id"]).includes["users"][0]
check("an author is found by name", client.get_user(username=author.username).data.id == author.id)
check("an author is found by id", client.get_user(id=author.id).data.username == author.username)
check("a user that is not there", client.get_user(username="nobody").errors)
try:
    client.search_spaces("cats")
    check("what is not served is a 404", False)
except tweepy.NotFound as e:
    check("what is not served is a 404", e.response.json()["type"] == "about:blank")

requests_made = 0
try:
    for requests_made in range(400):
        client.get_recent_tweets_count("#cat", granularity="day")
    check("a rate limit counts", False, requests_made)
except tweepy.TooManyRequests as e:
    reset = int(e.response.headers["x-rate-limit-reset"]) - time.time()
    check("a rate limit counts", requests_made == 299 and 0 < reset <= 900, (requests_made, reset))

reader.disconnect()
thread.join(30)
check("it stops", not thread.is_alive())
reader.delete_rules([r.id for r in reader.get_rules().data])
check("no rules at last", reader.get_rules().data is None)
late = Reader()
late.max_retries = 0
late.filter()
check("no rules are a 409", late.refused == [409], late.refused)
sys.exit(1 if failures else 0)
