package elasticsearch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Version is the version of Elasticsearch whose answers these are.
const version = "8.19.13"

// info answers /.
func (h *handler) info(request) (reply, error) {
	return reply{http.StatusOK, map[string]any{
		"name": "embedded", "cluster_name": "embedded", "cluster_uuid": "embedded",
		"version": map[string]any{
			"number": version, "build_flavor": "default", "build_type": "embedded", "build_hash": "unknown", "build_snapshot": false,
			"lucene_version": "9.12.2", "minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
		},
		"tagline": "You Know, for Search",
	}}, nil
}

// document answers GET and HEAD of _doc.
func (h *handler) document(r request) (reply, error) {
	name, id := r.path["index"], r.path["id"]
	x, err := h.store.current.Load().writable(name)
	if err != nil {
		return reply{}, err
	}
	if x == nil {
		return reply{}, noSuchIndex(name)
	}
	var found stored
	err = h.store.read.QueryRowContext(r.context, "SELECT version, seq_no, source FROM docs WHERE idx=? AND id=? AND source IS NOT NULL", x.id, id).
		Scan(&found.version, &found.seqNo, &found.source)
	if errors.Is(err, sql.ErrNoRows) {
		return reply{http.StatusNotFound, map[string]any{"_index": x.name, "_id": id, "found": false}}, nil
	}
	if err != nil {
		return reply{}, fmt.Errorf("read document: %w", err)
	}
	return reply{http.StatusOK, map[string]any{
		"_index": x.name, "_id": id, "_version": found.version, "_seq_no": found.seqNo, "_primary_term": 1,
		"found": true, "_source": json.RawMessage(found.source.String),
	}}, nil
}

// refresh answers _refresh: what is committed is visible already.
func (h *handler) refresh(r request) (reply, error) {
	scopes, err := h.store.current.Load().resolve(r.path["target"], r.query.Get("ignore_unavailable") == "true")
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, map[string]any{"_shards": shards{Total: len(scopes), Successful: len(scopes)}}}, nil
}

// putIndex makes an index.
func (h *handler) putIndex(r request) (reply, error) {
	name := r.path["index"]
	own, err := parseParts(r.body)
	if err != nil {
		return reply{}, err
	}
	err = h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		old, err := c.writable(name)
		if err != nil {
			return err
		}
		if old != nil {
			f := fail(http.StatusBadRequest, "resource_already_exists_exception", "index [%s/%s] already exists", old.name, old.uuid)
			f.index = old.name
			return f
		}
		_, err = w.createIndex(ctx, c, name, own)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, map[string]any{"acknowledged": true, "shards_acknowledged": true, "index": name}}, nil
}

// deleteIndex removes indices by name; patterns are refused, as action.destructive_requires_name has it.
func (h *handler) deleteIndex(r request) (reply, error) {
	target := r.path["target"]
	if strings.Contains(target, "*") || target == "_all" {
		return reply{}, badArgument("Wildcard expressions or all indices are not allowed")
	}
	err := h.store.transact(r.context, func(ctx context.Context, w *writer, c *catalog) error {
		for name := range strings.SplitSeq(target, ",") {
			x := c.indices[name]
			if x == nil && r.query.Get("ignore_unavailable") == "true" {
				continue
			}
			if x == nil {
				return noSuchIndex(name)
			}
			if err := w.dropIndex(ctx, c, x); err != nil {
				return err
			}
		}
		return nil
	})
	return reply{http.StatusOK, map[string]any{"acknowledged": true}}, err
}

// getIndex describes indices.
func (h *handler) getIndex(r request) (reply, error) {
	return h.describe(r, func(x *index) any {
		settings := nestSettings(x.settings)
		own, ok := settings["index"].(map[string]any)
		if !ok {
			own = map[string]any{}
		}
		for key, value := range map[string]string{"uuid": x.uuid, "provided_name": x.name, "creation_date": strconv.FormatInt(x.created, 10)} {
			own[key] = value
		}
		for _, key := range []string{"number_of_shards", "number_of_replicas"} {
			if _, given := own[key]; !given {
				own[key] = "1"
			}
		}
		settings["index"] = own
		return map[string]any{"aliases": describeAliases(x, "*"), "mappings": x.mapping, "settings": settings}
	})
}

// getMapping answers _mapping.
func (h *handler) getMapping(r request) (reply, error) {
	return h.describe(r, func(x *index) any { return map[string]any{"mappings": x.mapping} })
}

// describe answers with one value per index.
func (h *handler) describe(r request, what func(*index) any) (reply, error) {
	scopes, err := h.store.current.Load().resolve(r.path["target"], r.query.Get("ignore_unavailable") == "true")
	if err != nil {
		return reply{}, err
	}
	all := map[string]any{}
	for _, s := range scopes {
		all[s.index.name] = what(s.index)
	}
	return reply{http.StatusOK, all}, nil
}

func describeAliases(x *index, pattern string) map[string]any {
	aliases := map[string]any{}
	for name, filter := range x.aliases {
		if !wildcard(pattern, name) {
			continue
		}
		alias := map[string]any{}
		if filter != nil {
			alias["filter"] = filter
		}
		aliases[name] = alias
	}
	return aliases
}

// getAlias answers _alias.
func (h *handler) getAlias(r request) (reply, error) {
	pattern := r.path["name"]
	if pattern == "" || pattern == "_all" {
		pattern = "*"
	}
	all := map[string]any{}
	for _, x := range h.store.current.Load().indices {
		if aliases := describeAliases(x, pattern); len(aliases) > 0 {
			all[x.name] = map[string]any{"aliases": aliases}
		}
	}
	if len(all) == 0 && !strings.Contains(pattern, "*") {
		return reply{http.StatusNotFound, map[string]any{"error": "alias [" + pattern + "] missing", "status": http.StatusNotFound}}, nil
	}
	return reply{http.StatusOK, all}, nil
}

// health answers _cluster/health. One process that answers is all there is, so it is green.
func (h *handler) health(r request) (reply, error) {
	scopes, err := h.store.current.Load().resolve(r.path["target"], false)
	if err != nil {
		return reply{}, err
	}
	return reply{http.StatusOK, map[string]any{
		"cluster_name": "embedded", "status": "green", "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
		"active_primary_shards": len(scopes), "active_shards": len(scopes), "relocating_shards": 0, "initializing_shards": 0,
		"unassigned_shards": 0, "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0,
		"task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": 100.0,
	}}, nil
}

// listIndices answers _cat/indices.
func (h *handler) listIndices(r request) (reply, error) {
	if r.query.Get("format") != "json" {
		return reply{}, unsupported("_cat/indices as a table", "format=json")
	}
	scopes, err := h.store.current.Load().resolve(r.path["target"], false)
	if err != nil {
		return reply{}, err
	}
	lines := []map[string]string{}
	for _, s := range scopes {
		n, err := h.store.countMatches(r.context, within([]scope{s}, everything))
		if err != nil {
			return reply{}, err
		}
		lines = append(lines, map[string]string{
			"health": "green", "status": "open", "index": s.index.name, "uuid": s.index.uuid, "pri": "1", "rep": "0",
			"docs.count": strconv.FormatInt(n, 10), "docs.deleted": "0",
		})
	}
	return reply{http.StatusOK, lines}, nil
}
