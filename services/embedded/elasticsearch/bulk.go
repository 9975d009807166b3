package elasticsearch

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const maxIDBytes = 512

// operation is one action of a bulk with its document.
type operation struct {
	action      string // index, create or delete
	index, id   string
	version     int64
	versionType string // internal, external or external_gte
	source      []byte
	document    map[string]any // the parsed source
	refused     error          // why it fails whatever the store says, or nil
}

// parseBulk splits a body into operations,
// https://www.elastic.co/guide/en/elasticsearch/reference/8.19/docs-bulk.html. An error refuses the whole request: after
// a broken action line nobody knows which lines are documents. index is used where an action names none.
func parseBulk(body []byte, index string) ([]operation, error) {
	if len(body) == 0 {
		return nil, fail(http.StatusBadRequest, "parse_exception", "request body is required")
	}
	if body[len(body)-1] != '\n' {
		return nil, badArgument(`The bulk request must be terminated by a newline [\n]`)
	}
	var operations []operation
	for line := 1; len(body) > 0; line++ {
		var text []byte
		text, body = cutLine(body)
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		op, err := parseAction(text, line, index)
		if err != nil {
			return nil, err
		}
		if op.action != "delete" {
			if len(body) == 0 {
				return nil, badArgument("the action of line [%d] is not followed by a document", line)
			}
			op.source, body = cutLine(body)
			line++
		}
		operations = append(operations, op)
	}
	if len(operations) == 0 {
		return nil, fail(http.StatusBadRequest, "action_request_validation_exception", "Validation Failed: 1: no requests added;")
	}
	return operations, nil
}

func cutLine(body []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(body, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

func parseAction(text []byte, line int, index string) (operation, error) {
	var actions map[string]struct {
		Index       *string `json:"_index"`
		ID          *string `json:"_id"`
		Version     *int64  `json:"version"`
		VersionType string  `json:"version_type"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&actions); err != nil || decoder.More() {
		if err == nil {
			err = errors.New("there is more after the object")
		}
		return operation{}, badArgument("Malformed action/metadata line [%d]: %s; the embedded index knows _index, _id, version and version_type", line, err)
	}
	if len(actions) != 1 {
		return operation{}, badArgument("Malformed action/metadata line [%d], expected one action", line)
	}
	for action, meta := range actions {
		if action != "index" && action != "create" && action != "delete" {
			return operation{}, badArgument("Malformed action/metadata line [%d], expected field [create], [delete] or [index] but found [%s]; the embedded index knows no others", line, action)
		}
		op := operation{action: action, index: index, versionType: "internal"}
		if meta.Index != nil {
			op.index = *meta.Index
		}
		if meta.VersionType != "" {
			op.versionType = meta.VersionType
		}
		if op.versionType != "internal" && op.versionType != "external" && op.versionType != "external_gte" {
			return op, badArgument("No version type match [%s]", op.versionType)
		}
		op.refused = op.check(meta.ID, meta.Version)
		return op, nil
	}
	return operation{}, nil // not reached: there is one action
}

// check takes over id and version and says what is wrong with them for this item.
func (op *operation) check(id *string, version *int64) error {
	if id != nil {
		op.id = *id
	}
	invalid := func(format string, args ...any) error {
		return fail(http.StatusBadRequest, "action_request_validation_exception", "Validation Failed: 1: "+format+";", args...)
	}
	switch {
	case op.index == "":
		return invalid("index is missing")
	case id != nil && *id == "":
		return badArgument("if _id is specified it must not be empty")
	case id == nil && op.action == "delete":
		return invalid("id is missing")
	case id == nil && op.versionType != "internal":
		return invalid("an id must be provided if version type or value are set")
	case len(op.id) > maxIDBytes:
		return badArgument("id [%s...] is too long, must be no longer than %d bytes but was: %d", op.id[:32], maxIDBytes, len(op.id))
	case op.versionType == "internal" && version != nil:
		return invalid("internal versioning can not be used for optimistic concurrency control. Please use `if_seq_no` and `if_primary_term` instead")
	case op.versionType != "internal" && op.action == "create":
		return invalid("create operations only support internal versioning. use index instead")
	case op.versionType != "internal" && (version == nil || *version < 0):
		return invalid("illegal version value for version type [%s]", op.versionType)
	}
	if version != nil {
		op.version = *version
	}
	return nil
}

// bulk answers _bulk: every item is judged alone, all that succeed are one transaction.
func (h *handler) bulk(r request) (reply, error) {
	began := time.Now()
	operations, err := parseBulk(r.body, r.path["index"])
	if err != nil {
		return reply{}, err
	}
	for i := range operations {
		if op := &operations[i]; op.refused == nil && op.action != "delete" {
			op.document, op.refused = decodeDocument(op.source)
		}
	}
	verdicts, err := h.store.apply(r.context, operations)
	if err != nil {
		return reply{}, err
	}
	failed := false
	items := make([]map[string]verdict, len(verdicts))
	for i, v := range verdicts {
		failed = failed || v.Error != nil
		items[i] = map[string]verdict{operations[i].action: v}
	}
	return reply{http.StatusOK, map[string]any{"took": time.Since(began).Milliseconds(), "errors": failed, "items": items}}, nil
}
