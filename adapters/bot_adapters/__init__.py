"""The room of adapters: each speaks one platform's language and the core's."""
