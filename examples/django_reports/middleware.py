"""Tells clients how many rows a report has."""


class RowCount:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.streaming:
            response.streaming_content = self.counted(response, response.streaming_content)
        return response

    def counted(self, response, chunks):
        count = 0
        for chunk in chunks:
            count += 1
            yield chunk
        response["X-Row-Count"] = str(count)  # <late>
