SELECT COUNT(*)
FROM kb_documents_g000007 d
WHERE d.dept IN (:department0, :department1)
  AND d.language IN (:language0)
  AND d.created_date >= :created_from
  AND d.created_date <= :created_to
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag0)
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag1)
/
SELECT d.doc_id, VECTOR_DISTANCE(d.doc_vector, :query_vector, COSINE)
FROM kb_documents_g000007 d
WHERE d.dept IN (:department0, :department1)
  AND d.language IN (:language0)
  AND d.created_date >= :created_from
  AND d.created_date <= :created_to
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag0)
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag1)
ORDER BY VECTOR_DISTANCE(d.doc_vector, :query_vector, COSINE)
FETCH APPROX FIRST :k ROWS ONLY WITH TARGET ACCURACY 95
/
SELECT d.doc_id, VECTOR_DISTANCE(d.doc_vector, :query_vector, COSINE)
FROM kb_documents_g000007 d
ORDER BY VECTOR_DISTANCE(d.doc_vector, :query_vector, COSINE)
FETCH EXACT FIRST :k ROWS ONLY
/
SELECT d.doc_id, NVL(SCORE(1), 0) AS score
FROM kb_documents_g000007 d
WHERE (CONTAINS(d.words, :words1, 1) > 0)
  AND d.dept IN (:department0, :department1)
  AND d.language IN (:language0)
  AND d.created_date >= :created_from
  AND d.created_date <= :created_to
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag0)
  AND EXISTS (SELECT 1 FROM kb_tags_g000007 t WHERE t.doc_id = d.doc_id AND t.tag = :tag1)
ORDER BY score DESC, d.doc_id
FETCH FIRST :k ROWS ONLY
/
SELECT 0 AS term_no, COUNT(*) AS passages FROM kb_documents_g000007 d WHERE CONTAINS(d.words, :term0) > 0
UNION ALL SELECT 1 AS term_no, COUNT(*) AS passages FROM kb_documents_g000007 d WHERE CONTAINS(d.words, :term1) > 0
/
