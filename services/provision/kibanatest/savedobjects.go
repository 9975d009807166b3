package kibanatest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
)

// typeVersions are the types that can be imported, each with the newest form that this Kibana knows.
var typeVersions = map[string]string{"index-pattern": "8.0.0", "dashboard": "10.3.0", "lens": "10.1.0", "tag": "8.0.0"}

// validated are the types whose absence an import finds; any other reference may lead nowhere.
var validated = []string{"index-pattern", "search"}

// importObjects is POST _import. Its traps are Kibana's: after a conflict or a missing reference nothing is stored, and
// yet successCount counts the objects that were all right; after any other failure the rest is stored.
func (s *Server) importObjects(w http.ResponseWriter, r *http.Request) {
	if s.BeforeImport != nil {
		s.BeforeImport()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.imports++
	objects, refused := importedFile(r)
	if refused != nil {
		refuse(w, refused.status, refused.message, nil)
		return
	}
	overwrite := r.URL.Query().Get("overwrite") == "true"
	var failures []map[string]any
	blocked := false
	fail := func(o *Object, detail map[string]any) {
		failures = append(failures, map[string]any{"id": o.ID, "type": o.Type, "meta": map[string]any{"title": o.Attributes["title"]}, "error": detail})
	}
	var good []*Object
	for _, o := range objects {
		missing := s.missingReferences(o, objects)
		switch {
		case typeVersions[o.Type] == "":
			fail(o, map[string]any{"type": "unsupported_type"})
		case len(missing) > 0:
			fail(o, map[string]any{"type": "missing_references", "references": missing})
			blocked = true
		case s.Elsewhere[o.Type+":"+o.ID] && s.objects[o.Type+":"+elsewhere(o.ID)] != nil && !overwrite:
			fail(o, map[string]any{"type": "conflict", "destinationId": elsewhere(o.ID)})
			blocked = true
		case s.objects[o.Type+":"+o.ID] != nil && !overwrite:
			fail(o, map[string]any{"type": "conflict"})
			blocked = true
		default:
			good = append(good, o)
		}
	}
	results := []map[string]any{}
	for _, o := range good {
		key := o.Type + ":" + o.ID
		if why := s.Failures[key]; why != "" && !blocked {
			fail(o, map[string]any{"type": "unknown", "message": why, "statusCode": http.StatusBadRequest})
			continue
		}
		result := map[string]any{"type": o.Type, "id": o.ID, "meta": map[string]any{"title": o.Attributes["title"]}}
		if s.Elsewhere[key] {
			result["destinationId"] = elsewhere(o.ID)
			o.ID = elsewhere(o.ID)
		}
		results = append(results, result)
		if blocked || s.Loses[key] {
			continue
		}
		if s.Stored != nil {
			s.Stored(o)
		}
		s.store(o)
	}
	body := map[string]any{"successCount": len(results), "success": len(failures) == 0, "warnings": []any{}, "successResults": results}
	if len(failures) > 0 {
		body["errors"] = failures
	}
	answer(w, http.StatusOK, body)
}

// elsewhere is the id that an object gets whose own is taken in another space; Kibana's are random.
func elsewhere(id string) string { return id + "-0b5c" }

type refusal struct {
	status  int
	message string
}

// importedFile reads the form of an import.
func importedFile(r *http.Request) ([]*Object, *refusal) {
	for name := range r.URL.Query() {
		if !slices.Contains([]string{"overwrite", "createNewCopies", "compatibilityMode"}, name) {
			return nil, &refusal{http.StatusBadRequest, "[request query." + name + "]: definition for this key is missing"}
		}
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, &refusal{http.StatusUnsupportedMediaType, "Unsupported Media Type"}
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "file" {
		return nil, &refusal{http.StatusBadRequest, "[request body.file]: expected value of type [Stream] but got [undefined]"}
	}
	if ending := path.Ext(part.FileName()); ending != ".ndjson" {
		return nil, &refusal{http.StatusBadRequest, "Invalid file extension " + ending}
	}
	text, err := io.ReadAll(part)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	return importedLines(text)
}

func importedLines(text []byte) ([]*Object, *refusal) {
	var objects []*Object
	seen := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var o Object
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, &refusal{http.StatusBadRequest, err.Error()}
		}
		if o.ID == "" {
			return nil, &refusal{http.StatusInternalServerError, "An internal server error occurred. Check Kibana server logs for details."}
		}
		if seen[o.Type+":"+o.ID] {
			return nil, &refusal{http.StatusBadRequest, fmt.Sprintf("Non-unique import objects detected: [%s:%s]", o.Type, o.ID)}
		}
		seen[o.Type+":"+o.ID] = true
		if known := typeVersions[o.Type]; known != "" && olderThan(known, o.TypeVersion) {
			return nil, &refusal{http.StatusUnprocessableEntity, fmt.Sprintf("Document \"%s\" belongs to a more recent version of Kibana [%s] when the last known version is [%s].", o.ID, o.TypeVersion, known)}
		}
		objects = append(objects, &o)
	}
	return objects, nil
}

func (s *Server) missingReferences(o *Object, imported []*Object) []map[string]any {
	var missing []map[string]any
	for _, reference := range o.References {
		kind, _ := reference["type"].(string)
		id, _ := reference["id"].(string)
		comes := slices.ContainsFunc(imported, func(other *Object) bool { return other.Type == kind && other.ID == id })
		if slices.Contains(validated, kind) && !comes && s.objects[kind+":"+id] == nil {
			missing = append(missing, map[string]any{"type": kind, "id": id})
		}
	}
	return missing
}

// exportObjects is POST _export by objects: one that is missing fails the whole of it.
func (s *Server) exportObjects(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var body struct {
		Objects []struct {
			Type string `json:"type"`
			ID   string `json:"id"`
		} `json:"objects"`
		Deep           bool `json:"includeReferencesDeep"`
		ExcludeDetails bool `json:"excludeExportDetails"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("[request body]: %v", err), nil)
		return
	}
	var lines []string
	var missing []map[string]any
	for _, asked := range body.Objects {
		o := s.objects[asked.Type+":"+asked.ID]
		if o == nil {
			missing = append(missing, map[string]any{"id": asked.ID, "type": asked.Type, "error": map[string]any{
				"statusCode": http.StatusNotFound, "error": "Not Found", "message": fmt.Sprintf("Saved object [%s/%s] not found", asked.Type, asked.ID)}})
			continue
		}
		line, err := json.Marshal(o)
		if err != nil {
			refuse(w, http.StatusInternalServerError, err.Error(), nil)
			return
		}
		lines = append(lines, string(line))
	}
	if len(missing) > 0 {
		refuse(w, http.StatusBadRequest, "Error fetching objects to export", map[string]any{"objects": missing})
		return
	}
	if !body.ExcludeDetails {
		lines = append(lines, fmt.Sprintf(`{"exportedCount":%d,"missingRefCount":0,"missingReferences":[]}`, len(lines)))
	}
	w.Header().Set("Content-Type", "application/ndjson")
	_, _ = io.WriteString(w, strings.Join(lines, "\n")) // fails only when the client has gone
}
