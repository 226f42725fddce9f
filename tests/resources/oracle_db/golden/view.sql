CREATE OR REPLACE VIEW kb_documents AS
SELECT doc_id, parent_doc_id, chunk_no, title, heading, dept, created_date, language, source_key, page, start_offset, end_offset, content, model_version, doc_vector
FROM kb_documents_g000007
/
