"""Apache's OpenAI provider (2.2.0) by its own names, over connectory: for a DAG, only the import changes.

    from airflow.providers.openai.operators.openai import OpenAIEmbeddingOperator         # before
    from connectory.airflow.compat.operators.openai import OpenAIEmbeddingOperator        # after

Modules, names, arguments, results, exceptions and their texts are Apache's; what differs on purpose stands in
docs/compatibility.md. Behaviour lives in connectory.airflow.
"""
