package elasticsearch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
)

// verdict is the item of a bulk's answer for one operation.
type verdict struct {
	Index       string         `json:"_index"`
	ID          string         `json:"_id"`
	Version     int64          `json:"_version,omitempty"`
	Result      string         `json:"result,omitempty"` // created, updated, deleted or not_found
	Shards      *shards        `json:"_shards,omitempty"`
	SeqNo       *int64         `json:"_seq_no,omitempty"`
	PrimaryTerm int64          `json:"_primary_term,omitempty"`
	Status      int            `json:"status"`
	Error       map[string]any `json:"error,omitempty"`
}

type shards struct {
	Total      int `json:"total"`
	Successful int `json:"successful"`
	Failed     int `json:"failed"`
}

// apply carries out operations in order, as one durable transaction, and judges each. The error is for the whole: then
// nothing has been done.
func (s *store) apply(ctx context.Context, operations []operation) ([]verdict, error) {
	verdicts := make([]verdict, len(operations))
	err := s.transact(ctx, func(ctx context.Context, w *writer, c *catalog) error {
		for i := range operations {
			v, err := w.apply(ctx, c, &operations[i])
			var refused *failure
			if errors.As(err, &refused) {
				v.Status, v.Error = refused.status, refused.body()
				v.Error["index"] = v.Index
			} else if err != nil {
				return fmt.Errorf("operation %d of the bulk: %w", i, err)
			}
			verdicts[i] = v
		}
		return nil
	})
	return verdicts, err
}

// stored is what the store has under an id.
type stored struct {
	doc     int64 // 0 if it never had anything
	version int64
	seqNo   int64
	source  sql.NullString // not valid once deleted
}

// apply carries out one operation. It returns a *failure before it has written anything, so that the others go on.
func (w *writer) apply(ctx context.Context, c *catalog, op *operation) (verdict, error) {
	v := verdict{Index: op.index, ID: op.id}
	if op.refused != nil {
		return v, op.refused
	}
	x, err := w.target(ctx, c, op)
	if err != nil {
		return v, err
	}
	v.Index = x.name
	if op.id == "" {
		op.id = rand.Text()
		v.ID = op.id
	}
	old, err := w.lookup(ctx, x.id, op.id)
	if err != nil {
		return v, err
	}
	v.Version, err = nextVersion(op, old)
	if err != nil {
		return v, err
	}
	if op.action == "delete" {
		v.Result, v.Status = "deleted", http.StatusOK
		if !old.source.Valid {
			v.Result, v.Status = "not_found", http.StatusNotFound
		}
		err = w.put(ctx, c, x, op, old, v.Version, nil)
	} else {
		var content indexed
		if content, err = indexDocument(x.mapping, op.id, op.document); err != nil {
			v.Version = 0
			return v, err
		}
		if content.mapping != x.mapping {
			if err := w.growMapping(ctx, c, x, content.mapping); err != nil {
				return v, err
			}
		}
		v.Result, v.Status = "created", http.StatusCreated
		if old.source.Valid {
			v.Result, v.Status = "updated", http.StatusOK
		}
		err = w.put(ctx, c, x, op, old, v.Version, &content)
	}
	seqNo := w.nextSeqNo[x.id]
	w.nextSeqNo[x.id]++
	v.SeqNo, v.PrimaryTerm, v.Shards = &seqNo, 1, &shards{Total: 1, Successful: 1}
	return v, err
}

// target returns the index of an operation and makes it where Elasticsearch would (action.auto_create_index). A
// deletion makes one only with an external version, which has to be remembered.
func (w *writer) target(ctx context.Context, c *catalog, op *operation) (*index, error) {
	x, err := c.writable(op.index)
	if err != nil || x != nil {
		return x, err
	}
	if op.action == "delete" && op.versionType == "internal" {
		return nil, noSuchIndex(op.index)
	}
	return w.createIndex(ctx, c, op.index, parts{})
}

func (w *writer) lookup(ctx context.Context, index int64, id string) (stored, error) {
	var s stored
	err := w.find.QueryRowContext(ctx, index, id).Scan(&s.doc, &s.version, &s.seqNo, &s.source)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("look up document: %w", err)
	}
	return s, nil
}

// nextVersion returns the version that a write leads to, or the conflict,
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-index_.html#index-versioning.
func nextVersion(op *operation, old stored) (int64, error) {
	conflict := func(format string, args ...any) error {
		return fail(http.StatusConflict, "version_conflict_engine_exception", "[%s]: version conflict, "+format, append([]any{op.id}, args...)...)
	}
	switch {
	case op.action == "create" && old.source.Valid:
		return 0, conflict("document already exists (current version [%d])", old.version)
	case op.versionType == "internal":
		return old.version + 1, nil
	case old.doc == 0:
	case op.versionType == "external" && op.version <= old.version:
		return 0, conflict("current version [%d] is higher or equal to the one provided [%d]", old.version, op.version)
	case op.versionType == "external_gte" && op.version < old.version:
		return 0, conflict("current version [%d] is higher than the one provided [%d]", old.version, op.version)
	}
	return op.version, nil
}
