SELECT generation_id, model_name, model_revision, model_digest, dimensions, max_tokens, model_source, chunking, state, row_count, generation_no, vector_index, indexed_rows
FROM kb_generations
WHERE state <> 'dropping' AND generation_id = :generation_id
FOR UPDATE WAIT 30
/
DELETE FROM kb_documents_g000007 WHERE doc_id = :doc_id
/
DELETE FROM kb_documents_g000007 WHERE doc_id = :doc_id
/
INSERT INTO kb_documents_g000007 (doc_id, parent_doc_id, chunk_no, title, heading, dept, created_date, language, source_key, page, start_offset, end_offset, model_version, fingerprint, doc_vector, content, words)
VALUES (:doc_id, :parent_doc_id, :chunk_no, :title, :heading, :dept, :created_date, :language, :source_key, :page, :start_offset, :end_offset, :model_version, :fingerprint, :doc_vector, :content, :words)
/
INSERT INTO kb_documents_g000007 (doc_id, parent_doc_id, chunk_no, title, heading, dept, created_date, language, source_key, page, start_offset, end_offset, model_version, fingerprint, doc_vector, content, words)
VALUES (:doc_id, :parent_doc_id, :chunk_no, :title, :heading, :dept, :created_date, :language, :source_key, :page, :start_offset, :end_offset, :model_version, :fingerprint, :doc_vector, :content, :words)
/
INSERT INTO kb_tags_g000007 (doc_id, tag) VALUES (:doc_id, :tag)
/
INSERT INTO kb_tags_g000007 (doc_id, tag) VALUES (:doc_id, :tag)
/
INSERT INTO kb_tags_g000007 (doc_id, tag) VALUES (:doc_id, :tag)
/
UPDATE kb_generations SET row_count = row_count + :more WHERE generation_id = :generation_id
/
COMMIT
/
SELECT generation_id, model_name, model_revision, model_digest, dimensions, max_tokens, model_source, chunking, state, row_count, generation_no, vector_index, indexed_rows
FROM kb_generations
WHERE state <> 'dropping' AND generation_id = :generation_id
FOR UPDATE WAIT 30
/
UPDATE kb_documents_g000007
SET parent_doc_id = :parent_doc_id, chunk_no = :chunk_no, title = :title, heading = :heading, dept = :dept, created_date = :created_date, language = :language, source_key = :source_key, page = :page, start_offset = :start_offset, end_offset = :end_offset, model_version = :model_version, fingerprint = :fingerprint, content = :content, words = :words
WHERE doc_id = :doc_id
/
DELETE FROM kb_tags_g000007 WHERE doc_id = :doc_id
/
INSERT INTO kb_tags_g000007 (doc_id, tag) VALUES (:doc_id, :tag)
/
COMMIT
/
