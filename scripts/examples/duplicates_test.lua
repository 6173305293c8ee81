test("is the share of documents that are not alone", function(t)
  t:documents("articles", {{document_id = "a", title = "x"}, {document_id = "b", title = "x"}, {document_id = "c", title = "y"}, {document_id = "d", title = "z"}})
  t:near(t:run().value, 0.5)
end)
