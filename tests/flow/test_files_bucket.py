"""A house whose files lie in a bucket: drawn by a worker beside it, shown on the page, nothing in the data folder."""

import io

import aiohttp
import pytest
from PIL import Image
from yinlu_testing.bucket import bucket
from yinlu_testing.house import Client, RunningHouse, yinlu


@pytest.mark.timeout(180)
async def test_a_picture_is_drawn_into_the_bucket_and_shown_from_it(tmp_path):
    """/imagine on the page, made by a worker's own process: the grid's pictures come from the bucket; the doctor is content."""
    with bucket(tmp_path / "bucket") as url:
        settings = {"YINLU_S3_URL": url, "YINLU_WORKERS": "1", "YINLU_EMBEDDING": "hash"}
        with RunningHouse(tmp_path / "data", tmp_path / "house.log", **settings) as house:
            client = Client()
            async with client.connected(house.url):
                await client.send("ask", {"text": "/imagine a red fox at night"})
                shown = await made(client)
            async with aiohttp.ClientSession() as http, http.get(f"{house.url}{shown}") as response:
                assert response.status == 200
                picture = Image.open(io.BytesIO(await response.read()))
            assert picture.width >= 512
            assert not (tmp_path / "data" / "files").exists()
            assert any(path.is_file() for path in (tmp_path / "bucket" / "pictures").rglob("*"))
            told = yinlu("doctor", "--data", str(tmp_path / "data"), **settings)
            assert "can be written and read" in told.stdout, told.stdout + told.stderr
            kept = tmp_path / "backup.tar.gz"
            saved = yinlu("backup", str(kept), "--json", "--data", str(tmp_path / "data"), **settings)
            assert '"files"' in saved.stdout, saved.stdout + saved.stderr


async def made(client):
    """Return the address of the first picture that comes."""
    while True:
        frame = await client.receive(60)
        for part in frame.get("data", {}).get("parts", ()):
            if part.get("url"):
                return part["url"]
            for picture in part.get("pictures", ()):
                return picture["url"]
