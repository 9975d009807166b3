//go:build unix

// Package realparts gives tests the real servers without containers: Apache Kafka and Elasticsearch from Maven Central,
// MinIO from its Go module. What is fetched or built is kept in a cache; each server has free ports and its data in a
// scratch folder, and lives no longer than the test process, however that ends (see package supervise). It needs Go, a
// JDK 17 and, until the cache is filled, Maven.
//
// Where KAFKA_BROKERS, ELASTICSEARCH_URL or S3_ENDPOINT (with S3_ACCESS_KEY and S3_SECRET_KEY) is set, that server is
// used instead by Kafka, Elasticsearch and MinIO; it cannot be killed then, and what tests make on it they remove. KafkaAs,
// ElasticsearchAs, MinIOAs and StartKafkaCluster always start servers of our own.
//
// What a server is fetched from, its settings and its start are in the file of its name; begin, in server.go, is the part of a
// start that all have in common.
package realparts
