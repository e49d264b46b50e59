"""Language models behind the ports: chat models and rerankers at an endpoint."""
