"""The processes of `calharbor serve`: one supervisor, the HTTP workers, and the one that runs the sync.

They share nothing but the mirror's file and the listening socket, so a crash of one never takes another down.
"""
