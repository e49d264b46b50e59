"""Makers on other machines.

::

    OpenAIImages(client, model, files, options)       any OpenAI-compatible images API: generate, edit with a mask
    A1111Images(session, url, files, options)         AUTOMATIC1111's web UI (and what speaks like it)
    ComfyImages(session, url, files, options, ...)    ComfyUI, with workflows of one's own

``bot_media.images.choose.open_maker`` opens them with their connections. What an endpoint can't do is done here
and told: ``how(maker, operation)``.
"""
